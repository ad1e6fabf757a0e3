-- Requests of people on one local day, with the class that the definitions give them; robots, by their agent or
-- by what they did, are apart.
-- A pageview (after Wikimedia's definition) is a successful GET of a page.
create or replace table people as
select
    parts.site::site_word as site,
    visitors.visitor::integer as visitor,
    visitors.network::integer as network,
    parts.second,
    parts.hour,
    parts.route::route_word as route,
    parts.status_code,
    concat(parts.status_code // 100, 'xx')::status_class_word as status_class,
    least(parts.bytes, $bytes) as bytes,
    parts.duration,
    parts.referrer::referrer_word as referrer,
    parts.device::device_word as device,
    parts.language::language_word as language,
    parts.preferred::language_word as preferred,
    parts.method = 'GET' and parts.resource = 'page' and parts.status_code in (200, 304) as is_pageview
from parts
inner join visitors on visitors.site = parts.site and visitors.pseudonym = parts.visitor
where not parts.is_robot
