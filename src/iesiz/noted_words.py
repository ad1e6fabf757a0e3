"""Words of a part's text columns, noted in its footer: who counts need not read the columns to know them.

In: the tables that a part is made of. Out: a note for the footer, and the words of a note. It must not note
more than a few thousand words of a column.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Set
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

NOTE = "words"
MOST = 1 << 12  # words of a column; one with more is not noted


@dataclass(slots=True)
class WordsMet:
    """The words met while a part is written."""

    _met: dict[str, set[str]] = field(default_factory=dict)

    def add(self, table: pa.Table) -> None:
        """Take the words of a table whose text columns are coded."""
        for column in table.schema:
            if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type):
                met = self._met.setdefault(column.name, set())
                for chunk in table[column.name].chunks if len(met) <= MOST else ():
                    met.update(chunk.dictionary.to_pylist())

    def noted(self) -> dict[str, str]:
        """The note."""
        return {
            NOTE: json.dumps({name: sorted(words) for name, words in self._met.items() if len(words) <= MOST})
        }


def noted_words(facts: pq.FileMetaData, names: Collection[str]) -> dict[str, Set[str]]:
    """The words of those columns that a part's footer notes; there may be some that no row has."""
    note = (facts.metadata or {}).get(NOTE.encode(), b"{}")
    return {name: set(words) for name, words in json.loads(note).items() if name in names}
