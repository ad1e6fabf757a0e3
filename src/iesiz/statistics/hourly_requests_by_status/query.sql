-- One row: requests of people on a site in a local hour with a class of status.
select
    site,
    hour,
    status_class,
    count(distinct visitor) as visitor_count,
    count(*) as request_count,
    sum(bytes)::bigint as response_bytes
from requests
where not is_robot and status_class in ('2xx', '3xx', '4xx', '5xx')
group by site, hour, status_class
