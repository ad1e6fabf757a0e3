-- What the bounds cost, in whole per cent of what people did.
with done as (
    select sum(requests) as requests, sum(pageviews) as pageviews
    from people
)

select
    round(100 * (1 - (select count(*) from requests) / greatest(1, requests)))::bigint as requests_percent,
    round(100 * (1 - (select count(*) from pageviews) / greatest(1, pageviews)))::bigint as pageviews_percent
from done
