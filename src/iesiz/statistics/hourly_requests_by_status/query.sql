-- One row: requests of people on a site in a local hour with a class of status.
with contributions as (
    select site, hour, status_class, visitor, any_value(network) as network, count(*) as requests, sum(bytes) as bytes
    from requests
    where status_class in ('2xx', '3xx', '4xx', '5xx')
    group by site, hour, status_class, visitor
)

select
    site,
    hour,
    status_class,
    count(*) as visitor_count,
    count(distinct network) as network_count,
    sum(requests)::bigint as request_count,
    sum(bytes)::bigint as response_bytes,
    max(bytes)::bigint as response_bytes_first,
    coalesce(max(bytes, 2)[2], 0)::bigint as response_bytes_second
from contributions
group by site, hour, status_class
