"""What DuckDB's errors become: their texts may quote a value, so only their class is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from iesiz.errors import CheckFailed, OutsideError

# DuckDB says fatal or transaction where a write to disk failed under it.
_OUTSIDE = (
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.FatalException,
    duckdb.TransactionException,
    duckdb.InternalException,
)


@contextmanager
def engine_errors(place: str) -> Iterator[None]:
    """Turn DuckDB's errors into ours, named after the place.

    Raises:
        OutsideError: disk or memory failed.
        CheckFailed: a query did.
    """
    try:
        yield
    except _OUTSIDE as error:
        name = type(error).__name__
        raise OutsideError(
            f"{place}: disk or memory did not suffice ({name}). Make room, then run again."
        ) from None
    except duckdb.Error as error:
        name = type(error).__name__
        raise CheckFailed(
            f"{place}: a query failed ({name}). Its text is withheld, as it may quote a record."
        ) from None
