-- Requests of one local day: one row a request, with the class that the definitions give it.
-- A pageview (after Wikimedia's definition) is a successful GET of a page by a person.
create or replace view requests as
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
    referrer_source,
    device,
    system,
    browser,
    is_robot,
    not is_robot and method = 'GET' and resource = 'page' and status_code in (200, 304) as is_pageview
from parts
