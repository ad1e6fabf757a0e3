-- One row: people that used a site.
select
    site,
    count(distinct visitor) as visitor_count,
    count(*) as visit_count,
    sum(pageview_count)::bigint as pageview_count,
    sum(duration_seconds)::bigint as duration_seconds
from visits
group by site
