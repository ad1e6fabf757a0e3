-- A visit in a language that its site no longer declares is in none that is known.
update visits
set language = 'unknown'
where (site::varchar, language::varchar) not in (select (site, language) from spoken)
