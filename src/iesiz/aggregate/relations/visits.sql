-- Visits of people: requests of one visitor-day with no gap over 1,800 seconds. They end at local
-- midnight, since a visitor's pseudonym holds for one local day. Of each visitor at most $visit_hits visits count
-- in a cell (referrer; a visitor has one device), each with at most $seconds seconds. Within one half-hour of the
-- clock there is no such gap, and over two without a request there is one, so visits are put together from
-- half-hours. Joins and bits do it, as windows over so many small partitions fill the memory.
create or replace table visits as
with earliest as (
    select visitor, min(half_hour) as half_hour
    from half_hours
    group by visitor
),

placed as (
    -- Half-hours since the visitor's first, and whether a visit begins there.
    select
        half_hours.*,
        half_hours.half_hour - earliest.half_hour as place,
        coalesce(
            half_hours.first_second - coalesce(next_before.last_second, before.last_second) > 1800, true
        ) as is_begin
    from half_hours
    inner join earliest using (visitor)
    left join half_hours as next_before
        on next_before.visitor = half_hours.visitor and next_before.half_hour = half_hours.half_hour - 1
    left join half_hours as before
        on before.visitor = half_hours.visitor and before.half_hour = half_hours.half_hour - 2
),

begins as (
    select visitor, bit_or(if(is_begin, 1::ubigint << place, 0::ubigint)) as bits
    from placed
    group by visitor
),

grouped as (
    select
        placed.visitor,
        bit_count(begins.bits & ((2::ubigint << placed.place) - 1)) as visit,
        any_value(bit_count(begins.bits)) as visit_count,
        min(placed.device) as device,
        arg_min(placed.referrer, placed.half_hour) as referrer,
        least(max(placed.last_second) - min(placed.first_second), $seconds) as duration_seconds,
        min(placed.first_second) as first_second,
        max(placed.last_second) as last_second,
        min(placed.hour) as hour,
        sum(placed.pageview_count)::integer as pageview_count,
        -- That of most pageviews; of equals the first in this order.
        case greatest(sum(placed.kk), sum(placed.ru), sum(placed.en), sum(placed.other))
            when 0 then 'unknown'
            when sum(placed.kk) then 'kk'
            when sum(placed.ru) then 'ru'
            when sum(placed.en) then 'en'
            else 'other'
        end::language_word as language
    from placed
    inner join begins using (visitor)
    group by placed.visitor, visit
),

excess as (
    select visitor, visit
    from grouped
    where visit_count > $visit_hits
    qualify row_number() over (partition by visitor, referrer order by visit) > $visit_hits
)

select
    visitors.site::site_word as site,
    grouped.visitor,
    visitors.network::integer as network,
    grouped.visit,
    grouped.device,
    visitors.system,
    visitors.browser,
    coalesce(spoken.language, 'unknown') as language,
    grouped.referrer,
    grouped.duration_seconds,
    grouped.first_second,
    grouped.last_second,
    grouped.hour,
    grouped.pageview_count
from grouped
inner join visitors using (visitor)
left join spoken on spoken.site = visitors.site::site_word and spoken.language = grouped.language
anti join excess using (visitor, visit)
