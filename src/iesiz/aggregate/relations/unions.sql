-- Visitors of a week or month, from what its days left (`seen`): on how many days each was seen, and by `told`,
-- the parts of the period whose visitors are published already, how many of them these parts leave over; and the
-- cell of each site that tables of visitors by site show.
create or replace table seen_visitors as
select
    site,
    visitor,
    count(*) as days
from seen
group by site, visitor;

create or replace table left_over as
with sizes as (
    select site, count(*) as visitors
    from seen_visitors
    group by site
),

parts as (
    select told.site, told.part, count(distinct seen.visitor) as visitors
    from told
    inner join seen using (site, day)
    where told.is_whole
    group by told.site, told.part
),

days as (
    select site, day, bool_or(is_whole) as is_whole
    from told
    group by site, day
),

reached as (
    select
        seen.site,
        seen.visitor,
        bool_or(coalesce(days.is_whole, false)) as by_whole,
        bool_or(days.day is not null) as by_any
    from seen
    left join days using (site, day)
    group by seen.site, seen.visitor
),

rest as (
    select
        site,
        count(*) filter (where not by_whole) as beyond_whole,
        count(*) filter (where not by_any) as beyond_any
    from reached
    group by site
)

-- Of days of which a part is told and the whole is not, nobody knows how many of the visitors are left over: what
-- is certainly left over must be enough.
select
    sizes.site,
    sizes.visitors - coalesce(max(parts.visitors), 0) as left_by_each_count,
    any_value(if(rest.beyond_whole = 0, 0, greatest(1, rest.beyond_any))) as left_by_all_count
from sizes
inner join rest using (site)
left join parts using (site)
group by sizes.site, sizes.visitors;

-- Networks are those of one day, the one with the most of them: over the period there are at least as many.
create or replace view used_sites as
with networks as (
    select site, max(networks) as network_count
    from seen
    group by site
),

counted as (
    select site, count(*) as visitor_count, sum(days)::bigint as visitor_days
    from seen_visitors
    group by site
)

select
    counted.*,
    networks.network_count,
    left_over.left_by_each_count,
    left_over.left_by_all_count
from counted
inner join networks using (site)
inner join left_over using (site);
