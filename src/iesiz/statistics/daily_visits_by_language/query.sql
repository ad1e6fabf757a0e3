-- One row: visits to a site in a language.
select
    site,
    language,
    count(distinct visitor) as visitor_count,
    count(distinct network) as network_count,
    count(*) as visit_count
from visits
group by site, language
