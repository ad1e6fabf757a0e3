-- Visits of people: requests of one visitor-day with no gap over 1,800 seconds. They end at local
-- midnight, since a visitor's pseudonym holds for one local day. Of each visitor at most $visit_hits visits count
-- in a cell (referrer; a visitor has one device), each with at most $seconds seconds.
create or replace table visits as
with gaps as (
    select
        site, visitor, network, second, hour, referrer, device, is_pageview,
        second - lag(second) over (partition by visitor order by second) > 1800 as is_after_gap
    from people
),

numbered as (
    -- Requests of one second are peers: whichever of them comes first after a gap, all belong behind it.
    select
        site, visitor, network, second, hour, referrer, device, is_pageview,
        count(*) filter (where is_after_gap) over (
            partition by visitor order by second
        ) as visit
    from gaps
),

-- The first request tells where a visit came from; among requests of one second the page counts, and
-- of several the label that is first in the alphabet, so that the order of lines decides nothing.
grouped as (
    select
        site,
        visitor,
        any_value(network) as network,
        visit,
        min(device) as device,
        -- The order as one number: a struct took three times as long. The first two letters tell classes apart.
        arg_min(
            referrer,
            (second << 17) + (1 - is_pageview::bigint << 16) + (ascii(referrer) << 8) + ascii(referrer[2])
        ) as referrer,
        least(max(second) - min(second), $seconds) as duration_seconds,
        min(second) as first_second,
        max(second) as last_second,
        min(hour) as hour,
        count(*) filter (where is_pageview) as pageview_count
    from numbered
    group by site, visitor, visit
)

select
    site, visitor, network, visit, device, referrer, duration_seconds,
    first_second, last_second, hour, pageview_count
from grouped
qualify row_number() over (partition by visitor, referrer order by visit) <= $visit_hits
