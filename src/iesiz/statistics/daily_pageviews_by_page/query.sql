-- One row: pageviews of a page on a site; pages without enough visitors are together in 'other'.
-- Routes are compared as text once each, and as numbers for every pageview.
with shown as (
    select routes.site, routes.route
    from (select distinct site, route from pageviews) as routes
    semi join admitted on admitted.site = routes.site and admitted.label = routes.route
),

counted as (
    select
        pageviews.site,
        shown.route,
        count(distinct pageviews.visitor) as visitor_count,
        count(distinct pageviews.network) as network_count,
        count(*) as pageview_count
    from pageviews
    left join shown on shown.site = pageviews.site and shown.route = pageviews.route
    group by pageviews.site, shown.route
)

select site, coalesce(route::varchar, 'other') as page, visitor_count, network_count, pageview_count
from counted
