-- Candidates for the labels of `page`, with the visitors that decide on their admission.
select site, route as label, count(distinct visitor) as contributor_count
from pageviews
group by site, route
