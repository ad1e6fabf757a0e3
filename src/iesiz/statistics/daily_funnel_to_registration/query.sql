-- One row: visitors that reached a step, having reached every step before it on the same day.
-- `funnel` holds the steps that a site declares: site, place (from 1), step, route.
with reached as (
    select
        pageviews.site,
        pageviews.visitor,
        any_value(pageviews.network) as network,
        funnel.place,
        funnel.step,
        count(*) as views,
        count(*) over (partition by pageviews.site, pageviews.visitor order by funnel.place) as steps_so_far
    from pageviews
    inner join funnel on funnel.site = pageviews.site and funnel.route = pageviews.route
    group by pageviews.site, pageviews.visitor, funnel.place, funnel.step
)

select
    site,
    step,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    sum(views)::bigint as pageview_count
from reached
where steps_so_far = place
group by site, step
