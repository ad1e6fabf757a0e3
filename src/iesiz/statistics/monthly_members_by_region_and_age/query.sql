-- One row: accounts on a site at the end of the month, by the region and the age that their owners state.
select
    site,
    region,
    birth_date as age,
    count(*) as member_count
from members
where registered_day < $end
group by site, region, age
