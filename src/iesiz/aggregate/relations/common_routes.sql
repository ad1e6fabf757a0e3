-- The routes that a day tells apart which has more of them than can be pages, as when somebody asks for millions of
-- invented ones: those that enough visitors share for a label, and those that tables may name for another reason.
create or replace table routes as
select route
from parts
where route is not null and not is_robot
group by route
having count(distinct visitor) >= $route_visitors
union
select route
from kept_routes
