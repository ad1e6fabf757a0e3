-- What the bounds cost, in whole per cent of what people did.
select
    round(100 * (1 - (select count(*) from requests) / greatest(1, (select count(*) from people))))::bigint
        as requests_percent,
    round(100 * (1 - (select count(*) from pageviews) / greatest(1, (select count(*) from people where is_pageview))))::bigint
        as pageviews_percent
