-- One row: accounts made on a site in the month, by what their owners did with one field.
select
    site,
    field,
    answer,
    sum(registration_count)::bigint as registration_count
from registered
where cut = 'field' and day >= $start and day < $end
group by site, field, answer
