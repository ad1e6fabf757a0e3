-- Sites whose log tells how long a request took.
create or replace table timed as
select distinct site
from people
where duration is not null
