-- stop: a cell cannot have fewer pageviews than contributors, nor a negative number
select * from cells where pageview_count < visitor_count or visitor_count < 0
-- stop: a higher quantile cannot be smaller
select * from cells where p50_ms > p75_ms or p75_ms > p90_ms or p90_ms > p95_ms or p95_ms > p99_ms
