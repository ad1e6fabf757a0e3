-- Pageviews that count.
-- Of each visitor at most $cells cells (route) count, chosen by the smallest draws
-- under the day's sampling key (the visitor's half times the cell's modulo 2^32 - 5), and at most $pageview_hits
-- hits in each. A visitor with no more cells keeps them all.
create or replace table pageviews as
with cells as (
    select visitor, route, any_value(site) as site, count(*) as hits
    from people
    where is_pageview
    group by visitor, route
),

crowded as (
    select visitor
    from cells
    group by visitor
    having count(*) > $cells
),

halves as (
    -- The cells' half of the draws, as `visitors` has the visitors'.
    select
        site, route,
        ('0x' || left(sha256($outer_pad || unhex(sha256(
            $inner_pad || encode(concat_ws('|', site, route))
        ))), 8))::ubigint as draw
    from (select distinct site, route from cells)
),

drawn as (
    select
        cells.visitor, cells.route,
        visitors.draw * halves.draw % 4294967291 as draw
    from cells
    semi join crowded using (visitor)
    inner join visitors using (visitor)
    inner join halves on halves.site = cells.site and halves.route = cells.route
),

dropped as (
    select visitor, route
    from drawn
    qualify row_number() over (partition by visitor order by draw, route) > $cells
),

large as (
    select visitor, route
    from cells
    anti join dropped using (visitor, route)
    where hits > $pageview_hits
),

excess as (
    select people.rowid as request
    from people
    semi join large using (visitor, route)
    where people.is_pageview
    qualify row_number() over (
        partition by people.visitor, people.route
        order by people.second, people.duration
    ) > $pageview_hits
)

select people.site, people.visitor, people.network, people.second, people.route, people.duration
from people
anti join dropped using (visitor, route)
anti join excess on excess.request = people.rowid
where people.is_pageview
