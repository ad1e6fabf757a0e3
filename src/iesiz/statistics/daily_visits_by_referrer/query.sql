-- One row: visits to a site that came from a class of referrer, by the visit's first request.
with classed as (
    select site, visitor, network, if(referrer = 'malformed', 'other_site', referrer) as referrer
    from visits
)

select
    site,
    referrer,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as visit_count
from classed
group by site, referrer
