-- Visits of people: requests of one visitor-day with no gap over 1,800 seconds. They end at local
-- midnight, since a visitor's pseudonym holds for one local day. Of each visitor at most $visit_hits visits count
-- in a cell (referrer; a visitor has one device), each with at most $seconds seconds.
create or replace table visits as
with pieces as (
    -- Within one half-hour of the clock there is no such gap, so its requests are looked at together. The first
    -- one tells where a visit came from; among requests of one second the page counts, and of several the label
    -- that is first in the alphabet, so that the order of lines decides nothing.
    select
        visitor,
        second // 1800 as half_hour,
        any_value(site) as site,
        any_value(network) as network,
        min(device) as device,
        arg_min(
            referrer, (second * 2 + (1 - is_pageview::bigint)) * 256 + coalesce(enum_code(referrer), 255)
        ) as referrer,
        min(second) as first_second,
        max(second) as last_second
    from people
    group by visitor, half_hour
),

gaps as (
    select
        *,
        first_second - lag(last_second) over (partition by visitor order by half_hour) > 1800 as is_after_gap
    from pieces
),

numbered as (
    select
        *,
        count(*) filter (where is_after_gap) over (
            partition by visitor order by half_hour rows unbounded preceding
        ) as visit
    from gaps
),

grouped as (
    select
        visitor,
        visit,
        any_value(site) as site,
        any_value(network) as network,
        min(device) as device,
        arg_min(referrer, half_hour) as referrer,
        least(max(last_second) - min(first_second), $seconds) as duration_seconds
    from numbered
    group by visitor, visit
)

select site, visitor, network, visit, device, referrer, duration_seconds
from grouped
qualify row_number() over (partition by visitor, referrer order by visit) <= $visit_hits
