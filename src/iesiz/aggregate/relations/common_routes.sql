-- The routes that enough visitors share for a label. Asked for on days which have more routes than there can be pages,
-- as when somebody asks for millions of invented ones.
with asked as (
    select distinct route, visitor
    from parts
    where route is not null and not is_robot
)

select route
from asked
group by route
having count(*) >= $route_visitors
