-- Requests that count: what people asked for, assets included.
-- Of each visitor at most $cells cells (hour and status_class) count, chosen by the smallest HMAC-SHA256
-- under the day's sampling key, and at most $request_hits hits in each. A visitor with no more
-- cells keeps them all, so that the costly part touches few.
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

drawn as (
    select
        cells.visitor, cells.hour, cells.status_class,
        sha256($outer_pad || unhex(sha256(
            $inner_pad || visitors.pseudonym || encode(concat_ws('|', '', cells.site, cells.hour, cells.status_class))
        ))) as draw
    from cells
    semi join crowded using (visitor)
    inner join visitors using (visitor)
),

dropped as (
    select visitor, hour, status_class
    from drawn
    qualify row_number() over (partition by visitor order by draw) > $cells
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
