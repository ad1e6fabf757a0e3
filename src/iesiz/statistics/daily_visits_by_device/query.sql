-- One row: visits to a site with a class of device.
with contributions as (
    select
        site,
        visitor,
        any_value(network) as network,
        if(device in ('mobile', 'desktop', 'tablet'), device, 'other') as device,
        count(*) as visits
    from visits
    group by all
)

select
    site,
    device,
    count(*) as visitor_count,
    count(distinct network) as network_count,
    sum(visits)::bigint as visit_count
from contributions
group by site, device
