-- One row: visits to a site with an operating system.
with classed as (
    select site, visitor, network, if(system in ('Android', 'iOS', 'Windows', 'macOS'), system, 'other') as system
    from visits
)

select
    site,
    system,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as visit_count
from classed
group by site, system
