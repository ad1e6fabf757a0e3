-- Pageviews that count.
-- Of each visitor at most $cells cells (route) count, chosen by the smallest HMAC-SHA256
-- under the day's sampling key, and at most $pageview_hits hits in each. A visitor with no more
-- cells keeps them all, so that the costly part touches few.
create or replace table pageviews as
with offered as (
    select site, visitor, network, second, route, duration
    from people
    where is_pageview
),

cells as (
    select site, visitor, route, count(*) as hits
    from offered
    group by site, visitor, route
),

counted as (
    select *, count(*) over (partition by visitor) as cell_count
    from cells
),

drawn as (
    select
        counted.site, counted.visitor, counted.route,
        sha256($outer_pad || unhex(sha256(
            $inner_pad || visitors.pseudonym || encode(concat_ws('|', '', counted.site, counted.route))
        ))) as draw
    from counted
    inner join visitors using (visitor)
    where counted.cell_count > $cells
),

dropped as (
    select site, visitor, route
    from drawn
    qualify row_number() over (partition by visitor order by draw) > $cells
),

kept as (
    select offered.*
    from offered
    anti join dropped using (site, visitor, route)
),

large as (
    select site, visitor, route
    from cells
    where hits > $pageview_hits
)

select kept.*
from kept
anti join large using (site, visitor, route)
union all
select kept.*
from kept
semi join large using (site, visitor, route)
qualify row_number() over (
    partition by kept.visitor, kept.route
    order by kept.second, kept.duration
) <= $pageview_hits
