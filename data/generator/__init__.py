"""Synthetic traffic and registrations of a mall network, of nobody.

The order of the work: `visitors` (who comes on a day, from which address), `visits` (what they ask for, by
`walk` through `pages`), `robots`, `latency`, `oddities` (what no browser sent), `writer` (lines and files),
`registrations` (new members; `identifiers` makes their numbers). `sample` puts them together.

What none of them may do: use an address outside the documentation and shared ranges, an IIN that a living
person could hold, or a source of chance other than the seed.
"""
