-- stop: a number of visitors cannot be negative
select * from cells where visitor_count < 0
