-- Languages that visits to a site can be in: those that its paths name; all, where its log has what browsers
-- prefer; and none that is known.
create or replace table spoken as
with held as (
    select distinct site
    from parts
),

wishing as (
    select distinct site
    from people
    where preferred is not null
)

select site::site_word as site, language::language_word as language
from declared
semi join held using (site)
union
select site, unnest(['kk', 'ru', 'en', 'other'])::language_word
from wishing
union
select site::site_word, 'unknown'
from held
