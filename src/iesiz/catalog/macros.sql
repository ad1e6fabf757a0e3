-- What analysts always write. A withheld number is null, and each macro says null where it cannot know.
create macro share(part, whole) as part::double / nullif(whole, 0);
comment on macro share is 'share(part, whole): a part of a whole, 0 to 1; null if either is withheld or the whole is 0';

create macro rolling_7_days(value, series, day) as if(
    count(value) over (partition by series order by day range between interval 6 days preceding and current row) = 7,
    sum(value) over (partition by series order by day range between interval 6 days preceding and current row),
    null
);
comment on macro rolling_7_days is 'rolling_7_days(value, series, day): sum of the seven days that end with this one, in one series of one row a day (a column, or row(a, b)); null unless all seven are published';

create macro week_over_week(value, series, day) as value::double / nullif(
    max(value) over (partition by series order by day range between interval 7 days preceding and interval 7 days preceding), 0
) - 1;
comment on macro week_over_week is 'week_over_week(value, series, day): change against the same day of the week before, 0.1 is 10 % more; null if either day is withheld, missing or the former is 0';

create macro visible_only(table_name) as table select * from query_table(table_name) where status <> 'suppressed';
comment on macro table visible_only is 'from visible_only(''daily_...''): the cells that are published, with noise or without; withheld ones are left out';
