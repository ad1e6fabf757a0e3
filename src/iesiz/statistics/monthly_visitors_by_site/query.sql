-- One row: people that used a site in the month; the days of all of them are the sum of each day's visitors.
with networks as (
    select site, max(networks) as network_count
    from seen
    group by site
),

counted as (
    select site, count(*) as visitor_count, sum(days)::bigint as visitor_days
    from seen_visitors
    group by site
)

select
    counted.*,
    networks.network_count,
    left_over.left_by_each_count,
    left_over.left_by_all_count
from counted
inner join networks using (site)
inner join left_over using (site)
