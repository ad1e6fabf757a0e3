-- People of one local day, numbered for the time of this session: joins and windows over small numbers are
-- several times quicker than over pseudonyms of 16 bytes. `draw` is the visitor's half of the draws by which cells
-- are left out: 32 bits of an HMAC-SHA256 under the day's sampling key.
create or replace table visitors as
select
    site,
    pseudonym,
    row_number() over () as visitor,
    dense_rank() over (order by network_pseudonym) as network,
    system,
    browser,
    ('0x' || left(sha256($outer_pad || unhex(sha256($inner_pad || pseudonym))), 8))::ubigint as draw
from browsers
anti join robots using (site, pseudonym)
