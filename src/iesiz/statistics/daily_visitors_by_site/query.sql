-- One row: people that used a site. Visits tell how many they were and how long; pageviews are those of
-- `daily_pageviews_by_page`, so that the two tables agree.
with visitors as (
    select
        site,
        visitor,
        any_value(network) as network,
        count(*) as visits,
        sum(duration_seconds) as seconds
    from visits
    group by site, visitor
),

viewed as (
    select site, count(*) as pageview_count
    from pageviews
    group by site
)

select
    visitors.site,
    count(*) as visitor_count,
    count(distinct visitors.network) as network_count,
    sum(visitors.visits)::bigint as visit_count,
    coalesce(any_value(viewed.pageview_count), 0) as pageview_count,
    sum(visitors.seconds)::bigint as duration_seconds,
    max(visitors.seconds)::bigint as duration_seconds_first,
    coalesce(max(visitors.seconds, 2)[2], 0)::bigint as duration_seconds_second
from visitors
left join viewed on viewed.site = visitors.site
group by visitors.site
