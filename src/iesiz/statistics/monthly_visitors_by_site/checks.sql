-- stop: visitors are at most their days, and each was seen on at most 31
select * from cells where visitor_days < visitor_count or visitor_days > 31 * visitor_count

-- stop: what published parts leave over cannot be more than there are
select * from cells where left_by_each_count > visitor_count or left_by_all_count > visitor_count
