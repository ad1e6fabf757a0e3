"""Registrations as JSON lines: one object a line.

In: a file in UTF-8. Out: Arrow tables of text columns, some lines at a time. It must not keep a key that was
not asked for, nor put content into a message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from iesiz.errors import InputError

BATCH_LINES = 1 << 15
BATCH_BYTES = 1 << 24
LONGEST_LINE = 1 << 20
MOST_KEYS = 10_000
LINES_LOOKED_AT = 1000


def json_columns(path: Path) -> dict[str, str]:
    """Keys of the first thousand objects.

    Raises:
        InputError: the first line is no JSON object.
    """
    keys: dict[str, str] = {}
    for number, line in enumerate(islice(_lines(path), LINES_LOOKED_AT)):
        found = _object(line)
        if (found is None and number == 0) or len(keys) > MOST_KEYS:
            break
        keys.update(dict.fromkeys(found or (), "text"))
    if len(keys) > MOST_KEYS:
        raise InputError(
            f"{path}: more than {MOST_KEYS:,} different keys, so they are no fields. Have it delivered again."
        )
    if not keys:
        raise InputError(f"{path}, line 1: expected a JSON object. Have it delivered with one a line.")
    return keys


def read_json(path: Path, columns: Mapping[str, str], reject: Callable[[str], None]) -> Iterator[pa.Table]:
    """Read the keys, given by field, some lines at a time; a line that is no object is rejected.

    Raises:
        InputError: the file cannot be opened.
    """
    lines = _lines(path)
    schema = pa.schema([(name, pa.string()) for name in columns])
    while part := _part(lines):
        held: dict[str, list[str | None]] = {name: [] for name in columns}
        for line in part:
            found = _object(line)
            if found is None:
                reject("line")
                continue
            for name, theirs in columns.items():
                held[name].append(_text(found.get(theirs)))
        yield pa.table(held, schema)


def _part(lines: Iterator[bytes]) -> list[bytes]:
    """The next lines, as many as memory is meant to hold at once."""
    part, size = [], 0
    for line in islice(lines, BATCH_LINES):
        part.append(line)
        size += len(line)
        if size > BATCH_BYTES:
            break
    return part


def _lines(path: Path) -> Iterator[bytes]:
    """Lines that are not blank; one that is too long is cut, so that it is no object."""
    try:
        with path.open("rb") as lines:
            while line := lines.readline(LONGEST_LINE):
                whole = line
                while whole and not whole.endswith(b"\n") and len(whole) == LONGEST_LINE:
                    whole = lines.readline(LONGEST_LINE)
                if line.strip():
                    yield line
    except OSError:
        raise InputError(f"{path}: cannot be read. Have it delivered again.") from None


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _text(value: Any) -> str | None:
    """A value as text that can be written: half a surrogate pair is no character."""
    if value is None or value in ("", [], {}):
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
