-- stop: a cell cannot have fewer pageview than contributors, nor a negative number
select * from cells where pageview_count < visitor_count or visitor_count < 0
