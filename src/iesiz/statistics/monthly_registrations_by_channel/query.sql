-- One row: accounts made on a site in the month, by the channel through which they were made.
select
    site,
    channel,
    sum(registration_count)::bigint as registration_count
from registered
where cut = 'channel' and day >= $start and day < $end
group by site, channel
