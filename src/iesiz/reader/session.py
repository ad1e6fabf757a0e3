"""A locked, read-only DuckDB session over one catalog, and its tables as pandas frames.

All rules are given at the opening, so that two sessions in one process share them and none can be taken back.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb

from iesiz.errors import InputError, SettingsError
from iesiz.vocabulary import CATALOG

if TYPE_CHECKING:
    import pandas as pd

LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "python_enable_replacements": False,
    "memory_limit": "2GB",
    "temp_directory": "",
    "lock_configuration": True,
}


class Reader:
    """A session over one state of the catalog; a later night shows in a session that is opened anew.

    Attributes:
        connection: the DuckDB connection: read-only, without files, network or extensions, its configuration
            locked, at most 2 GB of memory.

    Raises:
        InputError: there is no catalog, since nothing was published yet.
    """

    def __init__(self, catalog: Path) -> None:
        if not catalog.is_file():
            raise InputError(f"{catalog}: no catalog. Publish a day with `iesiz run` first.")
        self.connection = duckdb.connect(str(catalog), read_only=True, config=LOCKED)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all tables, those that describe the others among them."""
        rows = self.connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        return tuple(name for (name,) in rows)

    def sql(self, query: str, **parameters: object) -> duckdb.DuckDBPyRelation:
        """A query as a relation (``.df()``, ``.fetchall()``); ``$name`` in it is a parameter."""
        return self.connection.sql(query, params=parameters or None)

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        """Run a query as DuckDB's own connection does."""
        return self.connection.execute(query, parameters)

    def table(self, name: str) -> pd.DataFrame:
        """A table as a frame, ordered by its period and dimensions.

        Days are ``datetime64``, counts ``Int64``, other numbers ``Float64``. Numbers of a withheld cell are
        missing (``<NA>``) and its ``status`` is ``suppressed``.

        Raises:
            SettingsError: there is no such table; the known ones are named.
        """
        if name not in self.tables:
            raise SettingsError(f"No table is called {name!r}; known: {', '.join(self.tables)}.")
        return _typed_frame(self.sql("select * from query_table($name) order by all", name=name))

    def close(self) -> None:
        """End the session."""
        self.connection.close()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(store: str | Path) -> Reader:
    """Open a store's catalog.

    Args:
        store: the folder of the store, its published zone, or the catalog itself.

    Raises:
        InputError: there is no catalog.
    """
    place = Path(store)
    if not place.is_dir():
        return Reader(place)
    published = place / "published" / CATALOG
    return Reader(published if published.is_file() else place / CATALOG)


def _typed_frame(rows: duckdb.DuckDBPyRelation) -> Any:
    import pandas as pd
    import pyarrow as pa

    types = {
        pa.int64(): pd.Int64Dtype(),
        pa.float64(): pd.Float64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.string(): pd.StringDtype(na_value=float("nan")),
    }
    return rows.to_arrow_table().to_pandas(types_mapper=types.get, date_as_object=False)
