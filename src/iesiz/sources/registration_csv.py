"""Registrations as CSV: UTF-8, commas, a header.

In: a file. Out: Arrow tables of text columns, a block at a time. It must not put content into a message.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from iesiz.errors import InputError

BLOCK_BYTES = 1 << 22
LONGEST_HEADER = 1 << 20


def csv_columns(path: Path) -> dict[str, str]:
    """Names of the header, all of the type text.

    Raises:
        InputError: there is no header of distinct names in UTF-8.
    """
    try:
        with path.open("rb") as lines:
            first = lines.readline(LONGEST_HEADER).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(
            f"{path}, line 1: not readable as UTF-8 text with a header. Have it delivered again."
        ) from None
    names = [name.strip().strip('"') for name in first.split(",")]
    if not first.strip() or len(set(names)) != len(names):
        raise InputError(
            f"{path}, line 1: expected a header of distinct column names, separated by commas. "
            "Have it delivered with one."
        )
    return dict.fromkeys(names, "text")


def read_csv(path: Path, columns: Mapping[str, str], reject: Callable[[str], None]) -> Iterator[pa.Table]:
    """Read the columns, given by field, block by block.

    Raises:
        InputError: the file is not CSV in UTF-8.
    """

    def skip(_row: pc.InvalidRow) -> str:
        reject("columns")
        return "skip"

    names = list(columns.values())
    try:
        with pc.open_csv(
            path,
            # The header's names are given, so that a file without a row is read as one.
            pc.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=list(csv_columns(path)), skip_rows=1
            ),
            pc.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            pc.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names,
                strings_can_be_null=False,
            ),
        ) as reader:
            for batch in reader:
                yield pa.table(batch.columns, names=list(columns))
    except (pa.ArrowInvalid, OSError):
        raise InputError(
            f"{path}{_first_bad_line(path)}: not readable as CSV in UTF-8. Have it delivered again."
        ) from None


def _first_bad_line(path: Path) -> str:
    """Where a file stops being UTF-8, for a message; nothing if it does not."""
    decoder, number = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as lines:
        while piece := lines.readline(BLOCK_BYTES):
            try:
                decoder.decode(piece)
            except UnicodeDecodeError:
                return f", line {number}"
            number += piece.endswith(b"\n")
    return ""
