-- Features of visits, counted: no visitor, no time finer than three hours. Of a visitor's visits one counts,
-- drawn by the smallest HMAC-SHA256 under the day's sampling key, so that each count is of distinct visitors.
with finished as (
    select pageviews.visitor, pageviews.second
    from pageviews
    inner join funnel on funnel.site = pageviews.site and funnel.route = pageviews.route
    where funnel.step = 'done'
),

counted as (
    select *, count(*) over (partition by visitor) as visit_count
    from visits
),

drawn as (
    select counted.*
    from counted
    inner join visitors using (visitor)
    qualify row_number() over (
        partition by counted.visitor
        order by case when counted.visit_count > 1 then sha256($outer_pad || unhex(sha256(
            $inner_pad || visitors.pseudonym || encode('|visit|' || counted.visit)
        ))) end
    ) = 1
),

reaching as (
    select distinct drawn.visitor
    from drawn
    inner join finished
        on finished.visitor = drawn.visitor
        and finished.second between drawn.first_second and drawn.last_second
),

described as (
    select
        drawn.site,
        printf('%02d-%02d', drawn.hour // 3 * 3, drawn.hour // 3 * 3 + 3) as band,
        if(drawn.device in ('mobile', 'desktop', 'tablet'), drawn.device, 'other') as device,
        if(drawn.referrer in ('none', 'search', 'social', 'own_network', 'campaign'), drawn.referrer, 'other_site')
            as referrer,
        case
            when pageview_count < 2 then pageview_count::varchar
            when pageview_count < 4 then '2-3'
            when pageview_count < 8 then '4-7'
            else '8+'
        end as pages,
        case
            when duration_seconds = 0 then '0'
            when duration_seconds < 60 then 'under_1'
            when duration_seconds < 300 then '1-5'
            when duration_seconds < 1800 then '5-30'
            else '30+'
        end as duration,
        case
            when drawn.site not in (select site from funnel where step = 'done') then 'none'
            when reaching.visitor is null then 'no'
            else 'yes'
        end as reached
    from drawn
    left join reaching using (visitor)
)

select site, band, device, referrer, pages, duration, reached, count(*) as visitor_count
from described
group by all
order by all
