-- stop: a cell cannot have fewer request than contributors, nor a negative number
select * from cells where request_count < visitor_count or visitor_count < 0
