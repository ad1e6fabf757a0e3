-- One row: pageviews of a page on a site; pages without enough visitors are together in 'other'.
with pageviews as (
    select requests.site, requests.visitor, coalesce(admitted.label, 'other') as page
    from requests
    left join admitted on admitted.site = requests.site and admitted.label = requests.route
    where requests.is_pageview
)

select
    site,
    page,
    count(distinct visitor) as visitor_count,
    count(*) as pageview_count
from pageviews
group by site, page
