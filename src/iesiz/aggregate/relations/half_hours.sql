-- What a visitor did in a half-hour of the clock. The first request tells where a visit came from; among requests
-- of one second the page counts, and of several the label that is first in the alphabet, so that the order of
-- lines decides nothing.
-- Languages are weighed: that of a pageview's path, then that of any other path, then what the browser prefers.
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
    count(*) filter (where is_pageview) as pageview_count,
    sum(if(language = 'kk', weight, 0) + if(preferred = 'kk', 1, 0))::bigint as kk,
    sum(if(language = 'ru', weight, 0) + if(preferred = 'ru', 1, 0))::bigint as ru,
    sum(if(language = 'en', weight, 0) + if(preferred = 'en', 1, 0))::bigint as en,
    sum(if(language = 'other', weight, 0) + if(preferred = 'other', 1, 0))::bigint as other
from (select *, if(is_pageview, 1::bigint << 40, 1::bigint << 20) as weight from people)
group by visitor, half_hour
