-- The routes that a day tells apart: all of them, on any ordinary day.
create or replace table routes as
select distinct route
from parts
where route is not null
