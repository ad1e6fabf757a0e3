-- What a visitor did in a half-hour of the clock. The first request tells where a visit came from; among requests
-- of one second the page counts, and of several the label that is first in the alphabet, so that the order of
-- lines decides nothing.
create or replace table half_hours as
select
    visitor,
    (second // 1800)::integer as half_hour,
    min(device) as device,
    arg_min(
        referrer, (second * 2 + (1 - is_pageview::bigint)) * 256 + coalesce(enum_code(referrer), 255)
    ) as referrer,
    min(second) as first_second,
    max(second) as last_second,
    min(hour) as hour,
    count(*) filter (where is_pageview) as pageview_count
from people
group by visitor, half_hour
