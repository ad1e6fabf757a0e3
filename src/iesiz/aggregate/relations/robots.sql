-- Visitor-days of robots that pass for browsers, and the rule by which each is known; of several the first in the
-- alphabet. An agent that the log lacks makes nobody a robot. The thresholds are those of `iesiz.behaviour`.
create or replace table robots as
with readers as (
    -- They ask for what is written for robots.
    select site, pseudonym, 'robots_txt' as rule
    from browsers
    where has_agent and robots_count >= $robots_requests
),

busy as (
    select site, pseudonym
    from browsers
    where has_agent and page_count >= $minute_pages
),

hasty as (
    select parts.site, parts.visitor as pseudonym, 'rate' as rule
    from parts
    semi join busy on busy.site = parts.site and busy.pseudonym = parts.visitor
    where not parts.is_robot and parts.resource = 'page'
    group by parts.site, parts.visitor, parts.second // 60
    having count(*) >= $minute_pages
),

-- Where the log leaves assets out, nobody asks for one. The suspects themselves have no say in it.
with_assets as (
    select site
    from browsers
    where has_agent and (asset_count > 0 or page_count < $bare_pages)
    group by site
    having sum(asset_count) >= greatest(1, $asset_share * sum(page_count))
),

bare as (
    select site, pseudonym, 'no_assets' as rule
    from browsers
    semi join with_assets using (site)
    where has_agent and asset_count = 0 and page_count >= $bare_pages
)

select site, pseudonym, min(rule) as rule
from (from readers union all from hasty union all from bare)
group by site, pseudonym
