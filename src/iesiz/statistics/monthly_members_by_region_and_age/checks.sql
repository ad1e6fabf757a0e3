-- stop: a number of people cannot be negative
select * from cells where member_count < 0
