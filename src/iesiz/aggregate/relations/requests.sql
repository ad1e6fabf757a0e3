-- Requests that count: what people asked for, assets included.
-- Of each visitor at most $cells cells (hour and status_class) count, chosen by the smallest HMAC-SHA256
-- under the day's sampling key, and at most $request_hits hits in each. A visitor with no more
-- cells keeps them all, so that the costly part touches few.
create or replace table requests as
with offered as (
    select site, visitor, network, second, hour, status_class, route, least(bytes, $bytes) as bytes
    from people
),

cells as (
    select site, visitor, hour, status_class, count(*) as hits
    from offered
    group by site, visitor, hour, status_class
),

counted as (
    select *, count(*) over (partition by visitor) as cell_count
    from cells
),

drawn as (
    select
        counted.site, counted.visitor, counted.hour, counted.status_class,
        sha256($outer_pad || unhex(sha256(
            $inner_pad || visitors.pseudonym || encode(concat_ws('|', '', counted.site, counted.hour, counted.status_class))
        ))) as draw
    from counted
    inner join visitors using (visitor)
    where counted.cell_count > $cells
),

dropped as (
    select site, visitor, hour, status_class
    from drawn
    qualify row_number() over (partition by visitor order by draw) > $cells
),

kept as (
    select offered.*
    from offered
    anti join dropped using (site, visitor, hour, status_class)
),

large as (
    select site, visitor, hour, status_class
    from cells
    where hits > $request_hits
)

select kept.*
from kept
anti join large using (site, visitor, hour, status_class)
union all
select kept.*
from kept
semi join large using (site, visitor, hour, status_class)
qualify row_number() over (
    partition by kept.visitor, kept.hour, kept.status_class
    order by kept.second, kept.route, kept.bytes
) <= $request_hits
