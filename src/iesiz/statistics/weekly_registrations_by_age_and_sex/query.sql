-- One row: accounts made on a site in the week, by the age and sex that their owners state.
select
    site,
    birth_date as age,
    sex,
    sum(registration_count)::bigint as registration_count
from registered
where cut = 'age_and_sex' and day >= $start and day < $end
group by site, age, sex
