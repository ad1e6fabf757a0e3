-- Requests of people on one local day, with the class that the definitions give them; robots are apart.
-- A pageview (after Wikimedia's definition) is a successful GET of a page.
create or replace view people as
select
    site,
    visitor,
    network,
    second,
    hour,
    method,
    route,
    resource,
    status_code,
    concat(status_code // 100, 'xx') as status_class,
    bytes,
    referrer,
    device,
    system,
    browser,
    method = 'GET' and resource = 'page' and status_code in (200, 304) as is_pageview
from parts
where not is_robot
