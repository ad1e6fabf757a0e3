-- Features of visits, counted: no visitor, no time finer than three hours. Of a visitor's visits one counts,
-- drawn by the visitor's half of the day's draws, so that each count is of distinct visitors; beside it stands
-- from how many networks they came.
with drawn as (
    select *
    from visits
    where is_drawn
),

finished as (
    select pageviews.visitor, pageviews.second
    from pageviews
    inner join funnel on funnel.site = pageviews.site::varchar and funnel.route = pageviews.route::varchar
    where funnel.step = 'done'
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
        drawn.network,
        drawn.site::varchar as site,
        printf('%02d-%02d', drawn.hour // 3 * 3, drawn.hour // 3 * 3 + 3) as band,
        if(drawn.device::varchar in ('mobile', 'desktop', 'tablet'), drawn.device::varchar, 'other') as device,
        drawn.language::varchar as language,
        if(
            drawn.referrer::varchar in ('none', 'search', 'social', 'own_network', 'campaign'),
            drawn.referrer::varchar,
            'other_site'
        ) as referrer,
        case
            when drawn.pageview_count < 2 then drawn.pageview_count::varchar
            when drawn.pageview_count < 4 then '2-3'
            when drawn.pageview_count < 8 then '4-7'
            else '8+'
        end as pages,
        case
            when drawn.duration_seconds = 0 then '0'
            when drawn.duration_seconds < 60 then 'under_1'
            when drawn.duration_seconds < 300 then '1-5'
            when drawn.duration_seconds < 1800 then '5-30'
            else '30+'
        end as duration,
        case
            when drawn.site::varchar not in (select site from funnel where step = 'done') then 'none'
            when reaching.visitor is null then 'no'
            else 'yes'
        end as reached
    from drawn
    left join reaching using (visitor)
)

select
    site,
    band,
    device,
    language,
    referrer,
    pages,
    duration,
    reached,
    count(*) as visitor_count,
    count(distinct network) as network_count
from described
group by all
order by all
