-- stop: a cell cannot have fewer visit than contributors, nor a negative number
select * from cells where visit_count < visitor_count or visitor_count < 0
