-- The words of a day as types: a column of them holds small numbers, in the order of the alphabet, and reads as text.
create or replace type site_word as enum (select distinct site from parts where site is not null order by site);
create or replace type route_word as enum (select distinct route from parts where route is not null order by route);
create or replace type device_word as enum (select distinct device from parts where device is not null order by device);
create or replace type referrer_word as enum (
    select distinct referrer from parts where referrer is not null order by referrer
);
create or replace type language_word as enum ('kk', 'ru', 'en', 'other', 'unknown');
create or replace type status_class_word as enum (
    '0xx', '1xx', '2xx', '3xx', '4xx', '5xx', '6xx', '7xx', '8xx', '9xx'
);
