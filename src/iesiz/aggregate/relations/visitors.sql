-- People of one local day, numbered for the time of this session: joins and windows over small numbers are
-- several times quicker than over pseudonyms of 16 bytes.
create or replace table visitors as
select
    site,
    pseudonym,
    row_number() over () as visitor,
    dense_rank() over (order by network_pseudonym) as network
from browsers
anti join robots using (site, pseudonym)
