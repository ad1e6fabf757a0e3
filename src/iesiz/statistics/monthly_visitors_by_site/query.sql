-- One row: people that used a site in the month; the days of all of them are the sum of each day's visitors.
select * from used_sites
