-- One row: visitors that reached a step, having reached every step before it on the same day.
-- `funnel` holds the steps that a site declares: site, place (from 1), step, route.
with reached as (
    select
        requests.site,
        requests.visitor,
        funnel.place,
        funnel.step,
        count(*) as pageviews,
        count(*) over (partition by requests.site, requests.visitor order by funnel.place) as steps_so_far
    from requests
    inner join funnel on funnel.site = requests.site and funnel.route = requests.route
    where requests.is_pageview
    group by requests.site, requests.visitor, funnel.place, funnel.step
)

select
    site,
    step,
    count(distinct visitor) as visitor_count,
    sum(pageviews)::bigint as pageview_count
from reached
where steps_so_far = place
group by site, step
