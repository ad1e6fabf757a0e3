-- The visitors of the day that `daily_visitors_by_site` counts, for the sets of longer periods: their day pseudonym,
-- and a number for the network, which are exchanged and renumbered before anything is kept.
select
    visitors.site::varchar as site,
    visitors.pseudonym as visitor,
    visitors.network::integer as network
from visitors
semi join visits using (visitor)
