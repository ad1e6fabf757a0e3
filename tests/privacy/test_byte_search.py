"""The search for planted identifiers can find each of them, in whatever form a store may hold it."""

from __future__ import annotations

import base64
import gzip
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.privacy.canaries import CANARIES, found_in, planted


def hidden_in_parquet(path: Path, texts: list[str]) -> None:
    """As labels that no row has any more, packed."""
    column = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), pa.array(["none", *texts]))
    pq.write_table(pa.table({"label": column}), path, compression="zstd")


def hidden_in_duckdb(path: Path, texts: list[str]) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.register("given", pa.table({"label": texts}))
        connection.execute("create table kept as select * from given")
        connection.unregister("given")


def hidden_in_sqlite(path: Path, texts: list[str]) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table kept (label text)")
    connection.executemany("insert into kept values (?)", [("x" * 4000 + text,) for text in texts])
    connection.commit()
    connection.close()


HIDING: dict[str, Callable[[Path, list[str]], object]] = {
    "plain": lambda path, texts: path.write_text("\n".join(texts), "utf-8"),
    "cp1251": lambda path, texts: path.write_bytes("\n".join(texts).encode("cp1251", "ignore")),
    "json": lambda path, texts: path.write_text(json.dumps(texts)),
    "base64": lambda path, texts: path.write_bytes(
        b"\n".join(base64.b64encode(f"x {one} x".encode()) for one in texts)
    ),
    "gzip": lambda path, texts: path.write_bytes(gzip.compress("\n".join(texts).encode())),
    "capitals": lambda path, texts: path.write_text("\n".join(texts).lower(), "utf-8"),
    "parquet": hidden_in_parquet,
    "duckdb": hidden_in_duckdb,
    "sqlite": hidden_in_sqlite,
}


@pytest.mark.parametrize("form", HIDING)
def test_the_search_finds_every_canary_in_every_form(tmp_path: Path, form: str) -> None:
    held = [
        one
        for one in CANARIES
        if form != "cp1251" or one.text.encode("cp1251", "ignore").decode("cp1251") == one.text
    ]
    HIDING[form](tmp_path / f"hidden.{form}", [one.text for one in held])
    assert {CANARIES[one.number] for one in found_in(tmp_path)} == set(held)


def test_the_search_leaves_keys_aside_and_finds_names_of_files(tmp_path: Path) -> None:
    canary = planted("user")[0]
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "one.key").write_text(canary.text)
    assert found_in(tmp_path) == []
    (tmp_path / canary.text).mkdir()
    assert [CANARIES[one.number] for one in found_in(tmp_path)] == [canary]
