-- Languages that visits to a site can be in: those that its paths name; all, where its log has what browsers
-- prefer; and none that is known.
create or replace table spoken as
with held as (
    select site, sum(preferring) as preferring
    from people
    group by site
)

select site, language
from declared
semi join held using (site)
union
select site, unnest(['kk', 'ru', 'en', 'other'])
from held
where preferring > 0
union
select site, 'unknown'
from held
