-- One row: visits to a site with an operating system.
with contributions as (
    select site, visitor, any_value(network) as network, system, count(*) as visits
    from visits
    group by site, visitor, system
),

classed as (
    select
        site,
        visitor,
        network,
        visits,
        if(system in ('Android', 'iOS', 'Windows', 'macOS'), system::varchar, 'other') as system
    from contributions
)

select
    site,
    system,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    sum(visits)::bigint as visit_count
from classed
group by site, system
