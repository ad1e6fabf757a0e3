-- stop: a number of people cannot be negative
select * from cells where registration_count < 0
