"""iesiz: access logs and registrations in, statistics about nobody out.

The stages, in the order in which a day passes them (``pipeline`` runs them, with ``log_work``, ``intake``,
``registration_work``, ``due``, ``material``, ``publishing``, ``closing``, ``seen_work``, ``noise_work``,
``revising``, ``microdata_work``, ``key_work``, ``upkeep`` and ``forgetting`` for its details, and nothing
else opens them but ``tools``):

    sources      what arrives: log files in blocks of lines, registrations in columns
    parse        lines to typed columns: recognised, ignored (why), rejected (why), all counted
    deidentify   the only stage that removes identifiers: pseudonyms, routes, classes, bands
    restricted   records by file and day, which of them count, each line once (no stage, but between two)
    aggregate    restricted records to exact counts: runs ``statistics/<table>``
    disclosure   exact counts to publishable counts, and the attacker and judge who try them
    dp           instead of that, where chosen: exact counts to counts with noise, under a budget
    publish      staged, read back, committed: Parquet and the ledgers
    catalog      published tables to ``catalog.duckdb``, views and the codebook
    dashboard    the catalog to pages that need neither server nor network

For readers: ``iesiz.open(store)`` (``reader``), a locked session over the catalog. Beside the stages:
``policy`` (what may be read and published), ``settings``, ``storage`` (the one place that writes),
``ledger`` (its chain is ``ledger_chain``, what of it was checked ``ledger_checked``), ``catalog_mark`` (which
catalog was built last), ``tables`` (published tables as data), ``vocabulary`` and ``records`` (the words all
rooms share),
``night`` (a night in-process), ``doctor`` (what would keep one from going well), ``microdata`` (records
generalised), ``run_record``, ``runs`` and ``standing`` (what runs did, how things stand), ``alerts`` and
``watch`` (who is told), ``datasets`` (microdata of the plan as data), ``choices`` (which table
has noise, and whether it fits what ``mechanisms`` and ``contributions`` say), ``commands`` and ``cli``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from iesiz.reader import Reader


def open(store: str | Path) -> Reader:  # noqa: A001 - iesiz.open(STORE) is what readers write
    """Open what a store publishes: a locked, read-only DuckDB session.

    Args:
        store: the folder of the store, its published zone, or ``catalog.duckdb`` itself.

    Raises:
        InputError: there is no catalog.
    """
    from iesiz.reader import open_store

    return open_store(store)
