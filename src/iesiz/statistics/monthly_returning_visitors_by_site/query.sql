-- One row: people that used a site on so many days of the month. Networks are those of one day, the one with the
-- most of them: over the month there are at least as many.
with banded as (
    select
        *,
        case when days = 1 then '1' when days = 2 then '2' when days < 6 then '3-5' else '6+' end as days_seen
    from seen_visitors
),

counted as (
    select site, days_seen, count(*) as visitor_count
    from banded
    group by site, days_seen
),

networks as (
    select site, days_seen, max(networks) as network_count
    from (
        select banded.site, banded.days_seen, seen.day, count(distinct seen.network) as networks
        from seen
        inner join banded using (site, visitor)
        group by all
    )
    group by site, days_seen
)

select counted.*, networks.network_count
from counted
inner join networks using (site, days_seen)
