-- One row: failed requests of people for a page on a site; rare pages are together in 'other'.
with errors as (
    select
        requests.site,
        requests.visitor,
        requests.network,
        requests.status_class,
        coalesce(admitted.label, 'other') as page
    from requests
    left join admitted on admitted.site = requests.site and admitted.label = requests.route
    where requests.status_class in ('4xx', '5xx')
)

select
    site,
    page,
    status_class,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as error_count
from errors
group by site, page, status_class
