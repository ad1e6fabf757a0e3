-- One row: accounts made on a site on the day, by the region that their owners state.
select
    site,
    region,
    count(distinct person) as registration_count
from registrations
where registered_day = $day
group by site, region
