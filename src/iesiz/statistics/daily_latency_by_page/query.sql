-- One row: how long pageviews of a page took. The counts are those of `daily_pageviews_by_page`, so that the
-- two tables agree; quantiles are over the pageviews whose lines tell a duration. A quantile is told as the
-- upper edge of its band: the least edge that so many per cent of the pageviews do not exceed. Beside it stands
-- what decides whether it may be told: the visitors and networks in the band, and how many pageviews lie beyond.
with labelled as (
    select
        pageviews.site,
        pageviews.visitor,
        pageviews.network,
        pageviews.duration,
        coalesce(admitted.label, 'other') as page
    from pageviews
    inner join timed on timed.site = pageviews.site
    left join admitted on admitted.site = pageviews.site and admitted.label = pageviews.route
),

edges as (
    select unnest($bands::bigint[]) as edge
),

banded as (
    select labelled.site, labelled.page, labelled.visitor, labelled.network, edges.edge
    from labelled
    asof left join edges on labelled.duration <= edges.edge * 1000
    where labelled.duration is not null
),

bands as (
    select
        site,
        page,
        edge,
        count(distinct visitor) as visitors,
        count(distinct network) as networks,
        count(*) as hits
    from banded
    group by site, page, edge
),

running as (
    select
        *,
        sum(hits) over (partition by site, page order by edge nulls last) as hits_so_far,
        sum(hits) over (partition by site, page) as hits_of_page
    from bands
),

-- The band of each quantile; one in the open band above the last edge has no number.
quantiles as (
    select
        running.site,
        running.page,
        shares.share,
        running.edge,
        running.visitors,
        running.networks,
        ((100 - shares.share) * running.hits_of_page // 100)::bigint as beyond
    from running
    inner join (values (50), (75), (90), (95), (99)) as shares (share)
        on running.hits_so_far * 100 >= shares.share * running.hits_of_page
        and (running.hits_so_far - running.hits) * 100 < shares.share * running.hits_of_page
    where running.edge is not null
),

counted as (
    select
        site,
        page,
        count(distinct visitor) as visitor_count,
        count(distinct network) as network_count,
        count(*) as pageview_count
    from labelled
    group by site, page
)

select
    counted.*,
    p50.edge as p50_ms,
    coalesce(p50.visitors, 0) as p50_ms_contributors,
    coalesce(p50.networks, 0) as p50_ms_networks,
    coalesce(p50.beyond, 0) as p50_ms_beyond,
    p75.edge as p75_ms,
    coalesce(p75.visitors, 0) as p75_ms_contributors,
    coalesce(p75.networks, 0) as p75_ms_networks,
    coalesce(p75.beyond, 0) as p75_ms_beyond,
    p90.edge as p90_ms,
    coalesce(p90.visitors, 0) as p90_ms_contributors,
    coalesce(p90.networks, 0) as p90_ms_networks,
    coalesce(p90.beyond, 0) as p90_ms_beyond,
    p95.edge as p95_ms,
    coalesce(p95.visitors, 0) as p95_ms_contributors,
    coalesce(p95.networks, 0) as p95_ms_networks,
    coalesce(p95.beyond, 0) as p95_ms_beyond,
    p99.edge as p99_ms,
    coalesce(p99.visitors, 0) as p99_ms_contributors,
    coalesce(p99.networks, 0) as p99_ms_networks,
    coalesce(p99.beyond, 0) as p99_ms_beyond
from counted
left join quantiles as p50 on p50.site = counted.site and p50.page = counted.page and p50.share = 50
left join quantiles as p75 on p75.site = counted.site and p75.page = counted.page and p75.share = 75
left join quantiles as p90 on p90.site = counted.site and p90.page = counted.page and p90.share = 90
left join quantiles as p95 on p95.site = counted.site and p95.page = counted.page and p95.share = 95
left join quantiles as p99 on p99.site = counted.site and p99.page = counted.page and p99.share = 99
