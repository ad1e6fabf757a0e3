-- One row: visits to a site with a class of device.
with classed as (
    select site, visitor, network, if(device in ('mobile', 'desktop', 'tablet'), device, 'other') as device
    from visits
)

select
    site,
    device,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as visit_count
from classed
group by site, device
