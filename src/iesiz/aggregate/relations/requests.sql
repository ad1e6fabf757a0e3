-- Requests that count: what people asked for, assets included.
-- Of each visitor at most $cells cells (hour and status_class) count, chosen by the smallest draws
-- under the day's sampling key (the visitor's half times the cell's modulo 2^32 - 5), and at most $request_hits
-- hits in each. A visitor with no more cells keeps them all.
create or replace table requests as
with cells as (
    select visitor, hour, status_class, any_value(site) as site, count(*) as hits
    from people
    group by visitor, hour, status_class
),

crowded as (
    select visitor
    from cells
    group by visitor
    having count(*) > $cells
),

halves as (
    -- The cells' half of the draws, as `visitors` has the visitors'.
    select
        site, hour, status_class,
        ('0x' || left(sha256($outer_pad || unhex(sha256(
            $inner_pad || encode(concat_ws('|', site, hour, status_class))
        ))), 8))::ubigint as draw
    from (select distinct site, hour, status_class from cells)
),

drawn as (
    select
        cells.visitor, cells.hour, cells.status_class,
        visitors.draw * halves.draw % 4294967291 as draw
    from cells
    semi join crowded using (visitor)
    inner join visitors using (visitor)
    inner join halves on halves.site = cells.site and halves.hour = cells.hour and halves.status_class = cells.status_class
),

dropped as (
    select visitor, hour, status_class
    from drawn
    qualify row_number() over (partition by visitor order by draw, hour, status_class) > $cells
),

large as (
    select visitor, hour, status_class
    from cells
    anti join dropped using (visitor, hour, status_class)
    where hits > $request_hits
),

excess as (
    select people.rowid as request
    from people
    semi join large using (visitor, hour, status_class)
    qualify row_number() over (
        partition by people.visitor, people.hour, people.status_class
        order by people.second, people.route, people.bytes
    ) > $request_hits
)

select people.site, people.visitor, people.network, people.second, people.hour, people.status_class, people.route, people.bytes
from people
anti join dropped using (visitor, hour, status_class)
anti join excess on excess.request = people.rowid
