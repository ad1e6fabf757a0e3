-- Candidates for the labels of `page`, with the visitors that decide on their admission.
select site, route as label, count(distinct visitor) as contributor_count
from requests
where status_class in ('4xx', '5xx')
group by site, route
