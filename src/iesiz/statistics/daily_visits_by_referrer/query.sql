-- One row: visits to a site that came from a class of referrer, by the visit's first request.
with contributions as (
    select
        site,
        visitor,
        any_value(network) as network,
        if(referrer = 'malformed', 'other_site', referrer) as referrer,
        count(*) as visits
    from visits
    group by all
)

select
    site,
    referrer,
    count(*) as visitor_count,
    count(distinct network) as network_count,
    sum(visits)::bigint as visit_count
from contributions
group by site, referrer
