-- One row: pageviews of a page on a site; pages without enough visitors are together in 'other'.
with labelled as (
    select pageviews.site, pageviews.visitor, pageviews.network, coalesce(admitted.label, 'other') as page
    from pageviews
    left join admitted on admitted.site = pageviews.site and admitted.label = pageviews.route
)

select
    site,
    page,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as pageview_count
from labelled
group by site, page
