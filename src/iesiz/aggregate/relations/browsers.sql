-- Visitor-days whose agent is no robot's, and what they asked for. A visitor has one address, so one network.
create or replace table browsers as
select
    site,
    visitor as pseudonym,
    any_value(network) as network_pseudonym,
    any_value(device) <> 'unknown' as has_agent,
    min(system) as system,
    min(browser) as browser,
    count(*) filter (where resource = 'page') as page_count,
    count(*) filter (where resource = 'asset') as asset_count,
    count(*) filter (where route = '/robots.txt') as robots_count
from parts
where not is_robot
group by site, visitor
