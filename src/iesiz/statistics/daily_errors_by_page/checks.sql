-- stop: a cell cannot have fewer error than contributors, nor a negative number
select * from cells where error_count < visitor_count or visitor_count < 0
