-- One row: failed requests of people for a page on a site; rare pages are together in 'other'.
-- Routes are compared as text once each, and as numbers for every request.
with errors as (
    select *
    from requests
    where status_class in ('4xx', '5xx')
),

shown as (
    select routes.site, routes.route
    from (select distinct site, route from errors) as routes
    semi join admitted on admitted.site = routes.site and admitted.label = routes.route
),

counted as (
    select
        errors.site,
        shown.route,
        errors.status_class,
        count(distinct errors.visitor) as visitor_count,
        count(distinct errors.network) as network_count,
        count(*) as error_count
    from errors
    left join shown on shown.site = errors.site and shown.route = errors.route
    group by errors.site, shown.route, errors.status_class
)

select
    site,
    coalesce(route::varchar, 'other') as page,
    status_class,
    visitor_count,
    network_count,
    error_count
from counted
