-- One row: accounts on a site at the end of the month, by the region and the age that their owners state. Beside
-- them stands by how many they differ from what was published of the cell last: a stock is told again only when
-- nobody or enough people came or went.
select
    members.site,
    members.region,
    members.birth_date as age,
    count(*) as member_count,
    abs(count(*) - coalesce(any_value(before.member_count), count(*))) as left_by_all_count
from members
left join monthly_members_by_region_and_age_before as before
    on before.site = members.site and before.region = members.region and before.age = members.birth_date
where members.registered_day < $end
group by members.site, members.region, members.birth_date
