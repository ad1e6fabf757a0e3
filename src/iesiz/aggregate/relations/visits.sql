-- Visits of people: requests of one visitor-day with no gap over 1,800 seconds. They end at local
-- midnight, since a visitor's pseudonym holds for one local day.
create or replace table visits as
with gaps as (
    select
        site, visitor, network, second, referrer, device, is_pageview,
        second - lag(second) over (partition by site, visitor order by second) > 1800 as is_after_gap
    from requests
    where not is_robot
),

numbered as (
    -- Requests of one second are peers: whichever of them comes first after a gap, all belong behind it.
    select
        site, visitor, network, second, referrer, device, is_pageview,
        count(*) filter (where is_after_gap) over (
            partition by site, visitor order by second
        ) as visit
    from gaps
)

-- The first request tells where a visit came from; among requests of one second the page counts, and
-- of several the label that is first in the alphabet, so that the order of lines decides nothing.
select
    site,
    visitor,
    any_value(network) as network,
    visit,
    min(device) as device,
    arg_min(referrer, (second, not is_pageview, referrer)) as referrer,
    count(*) as request_count,
    count(*) filter (where is_pageview) as pageview_count,
    max(second) - min(second) as duration_seconds
from numbered
group by site, visitor, visit
