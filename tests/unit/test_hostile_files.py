"""Files made to harm: memory and disk stay bounded, the file is refused by name, and the night goes on."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from iesiz.errors import InputError, SettingsError
from iesiz.records import LONGEST_LINE
from iesiz.sources import Fingerprint, compression, find_files, read_blocks
from iesiz.sources.registration_csv import csv_columns, read_csv
from iesiz.sources.registration_json import json_columns, read_json
from iesiz.sources.registration_parquet import parquet_columns, read_parquet
from iesiz.sources.xz import XzReader
from iesiz.storage import prepare_store
from tests.nights import DAY, NEXT, Network, log, network, site

MIB = 1 << 20
# Grows the process by what a reader holds; the imports stand before the first look.
MEASURE = """
import sys
from pathlib import Path
from iesiz.errors import IesizError
from iesiz.sources import Fingerprint, read_blocks
from iesiz.sources.registration_csv import csv_columns, read_csv
from iesiz.sources.registration_json import json_columns, read_json
from iesiz.sources.registration_parquet import parquet_columns, read_parquet
from tests.memory import peak
before, said, size = peak(), "read", 0
path = Path(sys.argv[2])
try:
    if sys.argv[1] == "log":
        size = sum(block.size for block in read_blocks(path, 1 << 20, Fingerprint()))
    else:
        look, read = {"csv": (csv_columns, read_csv), "json": (json_columns, read_json),
                      "parquet": (parquet_columns, read_parquet)}[sys.argv[1]]
        columns = {name: name for name in look(path)}
        size = sum(table.nbytes for table in read(path, columns, lambda _: None))
except IesizError as error:
    said = str(error)
print(peak() - before, size >> 20, said, sep="|")
"""


def grown(kind: str, path: Path) -> tuple[int, int, str]:
    """MiB by which a process grew, MiB that it read, and what it said."""
    code = [sys.executable, "-c", MEASURE, kind, str(path)]
    told = subprocess.run(code, capture_output=True, text=True, check=True).stdout
    memory, size, said = told.strip().split("|", 2)
    return int(memory), int(size), said


def gzip_bomb(path: Path, mib: int) -> None:
    """One line of zeros again and again, a thousandth of its size."""
    piece = gzip.compress(b"0" * (MIB - 1) + b"\n")
    path.write_bytes(piece * mib)


def test_a_bomb_is_refused_before_it_has_gone_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "SMALL_BYTES", 4 * MIB)
    path = tmp_path / "bomb.gz"
    gzip_bomb(path, 64)
    seen = Fingerprint()
    with pytest.raises(InputError, match=r"bomb\.gz: its gzip content is more than 250 times"):
        list(read_blocks(path, MIB, seen))
    assert seen.size < 20 * MIB


KINDS: dict[str, Callable[[bytes], bytes]] = {
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda content: pa.compress(content, "zstd", asbytes=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_of_any_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(compression, "SMALL_BYTES", MIB)
    path = tmp_path / "bomb.log"
    path.write_bytes(KINDS[kind](b"0" * 16 * MIB))
    with pytest.raises(InputError, match=f"its {kind} content is more than 250 times"):
        list(read_blocks(path, MIB, Fingerprint()))


def test_a_log_that_shrinks_well_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "SMALL_BYTES", 1)
    path = tmp_path / "even.log"
    path.write_bytes(gzip.compress(log(DAY) * 20))
    assert sum(block.size for block in read_blocks(path, MIB, Fingerprint())) == len(log(DAY) * 20)


# How many MiB more a large file may take than a small one of its kind; both take buffers and libraries.
NO_MORE, CSV_AHEAD = 16, 96  # of CSV a dozen blocks of 4 MiB are read ahead, as threads come by


def test_memory_stays_bounded_while_a_bomb_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    gzip_bomb(path, 4)
    small, _, said = grown("log", path)
    assert said == "read"
    gzip_bomb(path, 300)
    memory, _, said = grown("log", path)
    assert "more than 250 times" in said
    assert memory - small < NO_MORE


def test_an_xz_file_that_asks_for_too_much_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "greedy.xz"
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 64 * MIB, "mode": lzma.MODE_FAST}]
    path.write_bytes(lzma.compress(log(DAY), filters=filters))
    assert sum(block.size for block in read_blocks(path, MIB, Fingerprint())) == len(log(DAY))
    monkeypatch.setattr(compression, "XZ_MEMORY", 32 * MIB)
    with pytest.raises(InputError, match="xz content is cut off or damaged"):
        list(read_blocks(path, MIB, Fingerprint()))


@given(st.binary(max_size=2000), st.integers(1, 400), st.integers(0, 3), st.integers(0, 9))
def test_xz_is_read_as_the_standard_library_does(content: bytes, piece: int, more: int, pad: int) -> None:
    packed = lzma.compress(content) + bytes(4 * pad) + b"".join([lzma.compress(content)] * more)
    reader, found = XzReader(io.BytesIO(packed), MIB << 5), b""
    while made := reader.read(piece):
        found += made
    assert found == content * (1 + more)


def sparse(path: Path, size: int) -> Path:
    """A file of zeros without a line end that takes no room on the disk."""
    path.touch()
    os.truncate(path, size)
    return path


@pytest.mark.parametrize("mib", [96, pytest.param(1024, marks=pytest.mark.slow)])
def test_a_line_without_an_end_takes_no_memory(tmp_path: Path, mib: int) -> None:
    small, *_ = grown("log", sparse(tmp_path / "short.log", MIB))
    memory, size, said = grown("log", sparse(tmp_path / "long.log", mib * MIB))
    assert (said, size) == ("read", 0)  # cut after the longest line that there can be
    assert memory - small < NO_MORE


@pytest.mark.parametrize("mib", [256, pytest.param(1024, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_registrations_without_a_line_end_take_no_memory(tmp_path: Path, kind: str, mib: int) -> None:
    small, *_ = grown(kind, sparse(tmp_path / f"short.{kind}", 16 * MIB))
    memory, _, said = grown(kind, sparse(tmp_path / f"long.{kind}", mib * MIB))
    assert "Have it delivered" in said
    assert memory - small < (CSV_AHEAD if kind == "csv" else NO_MORE)


@pytest.mark.parametrize(
    ("kind", "head", "more"),
    [
        ("csv", b'registration_id,site\n1,"', CSV_AHEAD),
        ("json", b'{"registration_id": "1"}\n{"site": "', NO_MORE),
    ],
)
def test_a_long_field_after_a_good_header_takes_no_memory(
    tmp_path: Path, kind: str, head: bytes, more: int
) -> None:
    taken = []
    for mib in (16, 256):
        path = tmp_path / f"{mib}.{kind}"
        path.write_bytes(head)
        os.truncate(path, mib * MIB)
        memory, _, said = grown(kind, path)
        assert "\0" not in said
        taken.append(memory)
    assert taken[1] - taken[0] < more


def test_a_long_line_is_one_rejected_line(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"x" * (3 * LONGEST_LINE) + b"\n" + log(DAY))
    [*blocks] = read_blocks(path, 1 << 16, Fingerprint())
    assert sum(block.lines for block in blocks) == 61


def test_many_keys_are_no_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("w") as out:
        for row in range(20):
            out.write("{" + ", ".join(f'"k{row}_{key}": 1' for key in range(1000)) + "}\n")
    with pytest.raises(InputError, match="more than 10,000 different keys"):
        json_columns(path)


def test_deep_json_and_long_numbers_are_rejected_lines(tmp_path: Path) -> None:
    path, rejected = tmp_path / "a.jsonl", list[str]()
    lines = ['{"site": "mall"}', "[" * 100_000, '{"site": ' * 5000, '{"site": ' + "9" * 100_000 + "}", "\0"]
    path.write_text("\n".join(lines), "utf-8")
    tables = list(read_json(path, {"site": "site"}, rejected.append))
    assert [table["site"].to_pylist() for table in tables] == [["mall"]]
    assert rejected == ["line"] * 4


def parquet_bomb(path: Path, rows: int, length: int) -> None:
    """A million times the same long text: a dictionary of one, and runs of its number."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * length]))
    ids = pa.array([str(row) for row in range(rows)])
    pq.write_table(pa.table({"registration_id": ids, "site": texts}), path, compression="zstd")


def test_a_parquet_bomb_goes_off_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    parquet_bomb(path, 2000, 100_000)
    small, size, _ = grown("parquet", path)
    assert size in range(185, 195)
    parquet_bomb(path, 20_000, 100_000)  # 2 GB in 0.2 MB
    assert path.stat().st_size < MIB
    memory, size, said = grown("parquet", path)
    assert said == "read"
    assert size > 1900
    assert memory - small < 64  # a piece or two of some 30 MiB


def test_a_parquet_text_that_no_person_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "long.parquet"
    parquet_bomb(path, 2, 40 * MIB)
    with pytest.raises(InputError, match="larger than any registrations can be"):
        list(read_parquet(path, {"site": "site"}, lambda _: None))


def test_nested_and_wrong_types_are_read_in_pieces_or_as_text(tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    table = pa.table(
        {
            "list": [["x" * 1000] * 100] * 500,
            "struct": [{"a": "x" * 1000}] * 500,
            "map": pa.array([[("k", "v")]] * 500, pa.map_(pa.string(), pa.string())),
            "number": list(range(500)),
            "bytes": [b"\0\xff"] * 500,
            "nothing": pa.nulls(500),
        }
    )
    pq.write_table(table, path)
    names = {name: name for name in table.column_names}
    parts = list(read_parquet(path, names, lambda _: None))
    assert len(parts) > 1
    assert pa.concat_tables(parts)["number"].to_pylist() == list(range(500))


GOOD = io.BytesIO()
pq.write_table(pa.table({"registration_id": [f"R{n}" for n in range(50)], "site": ["mall"] * 50}), GOOD)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, len(GOOD.getvalue()) - 1), st.integers(0, 255)), min_size=1, max_size=4)
)
@example([(len(GOOD.getvalue()) - 8, 255), (len(GOOD.getvalue()) - 5, 127)])  # the length of its foot
@example([(at.start(), 128) for at in re.finditer(b"site|registration_id", GOOD.getvalue())])  # no UTF-8
def test_a_damaged_parquet_file_is_refused_or_read(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD.getvalue())
    for place, byte in changes:
        content[place] = byte
    path = tmp_path / "damaged.parquet"
    path.write_bytes(content)
    try:
        names = {name: name for name in parquet_columns(path)}
        for _ in read_parquet(path, names, lambda _: None):
            """Whatever it holds."""
    except InputError as error:
        assert "damaged.parquet" in str(error)  # noqa: PT017 - one outcome of two


def test_a_csv_with_nul_and_too_many_columns_is_refused_or_read(tmp_path: Path) -> None:
    path, rejected = tmp_path / "a.csv", list[str]()
    path.write_bytes(b"registration_id,site\n1,ma\0ll\n2,a,b,c\n3,mall\n")
    names = {name: name for name in csv_columns(path)}
    tables = list(read_csv(path, names, rejected.append))
    assert pa.concat_tables(tables)["registration_id"].to_pylist() == ["1", "3"]
    assert rejected == ["columns"]


@pytest.fixture
def net(tmp_path: Path) -> Network:
    made = network(tmp_path / "network", site("mall", "web"))
    made.write("logs/mall/web/good.log", log(NEXT))
    return made


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def a_link_out(path: Path) -> None:
    (path.parents[3] / "secret.txt").write_text("secret", "utf-8")
    path.symlink_to("../../../secret.txt")


def a_link_to_nowhere(path: Path) -> None:
    path.symlink_to("gone")


def a_link_into_the_store(path: Path) -> None:
    (path.parents[3] / "store").mkdir()
    (path.parents[3] / "store" / "iesiz-store").write_bytes(b"iesiz store, layout 1\n")
    path.symlink_to("../../../store/iesiz-store")


@pytest.mark.parametrize("make", [a_pipe, a_device, a_link_out, a_link_to_nowhere, a_link_into_the_store])
def test_what_is_no_delivered_file_is_refused_by_name(net: Network, make: Callable[[Path], None]) -> None:
    make(net.base / "logs/mall/web/odd.log")
    found = {one.path.name: one.refusal for one in find_files(net.settings)}
    assert found["good.log"] == ""
    assert "odd.log: " in found["odd.log"]


def test_a_night_goes_on_past_what_it_may_not_read(net: Network) -> None:
    a_pipe(net.base / "logs/mall/web/pipe")
    a_device(net.base / "logs/mall/web/zero")
    counts = net.night(NEXT)
    assert counts.exit_code == 3
    assert sorted(Path(one.work.split(" ", 1)[1]).name for one in counts.failures) == ["pipe", "zero"]
    assert [one.verdict for one in counts.days] == ["published"]


def test_a_pipe_put_in_the_place_of_a_file_does_not_hold_the_night(tmp_path: Path) -> None:
    """Between the listing and the opening; without a writer an ordinary opening would wait for ever."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    said: list[str] = []

    def read() -> None:
        try:
            list(read_blocks(path, MIB, Fingerprint()))
        except InputError as error:
            said.append(str(error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(20)
    assert len(said) == 1
    assert "not a regular file" in said[0]


def test_links_within_the_folder_and_files_that_are_named_are_read(net: Network) -> None:
    (net.base / "logs/mall/web/link.log").symlink_to("good.log")
    assert [one.refusal for one in find_files(net.settings)] == ["", ""]
    net.write("elsewhere/named.log", log(NEXT))
    (net.base / "named.log").symlink_to("elsewhere/named.log")
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8").replace("logs/mall/web/*", "named.log"), "utf-8")
    assert [(one.path.name, one.refusal) for one in find_files(net.settings)] == [("named.log", "")]


@pytest.mark.parametrize(
    "pattern", ["store/**/*", "store/restricted/ledger.jsonl", "logs/../store/*", "**/*.jsonl"]
)
def test_patterns_that_lead_into_the_store_are_refused(net: Network, pattern: str) -> None:
    prepare_store(net.settings)
    net.write("store/restricted/ledger.jsonl", b"")
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8").replace("logs/mall/web/*", pattern), "utf-8")
    with pytest.raises(SettingsError, match="leads into the store"):
        find_files(net.settings)


@pytest.mark.parametrize("place", ["..", ".", "logs", "logs/mall/web", "/", "iesiz.toml"])
def test_a_store_that_would_lie_over_something_else_is_refused(net: Network, place: str) -> None:
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8").replace('path = "store"', f'path = "{place}"'), "utf-8")
    before = sorted(net.base.rglob("*"))
    with pytest.raises(SettingsError):
        net.night(NEXT)
    assert sorted(net.base.rglob("*")) == before


def test_a_landing_that_is_itself_a_link_is_read_and_not_written(net: Network, tmp_path: Path) -> None:
    (net.base / "logs").rename(tmp_path / "elsewhere")
    (net.base / "logs").symlink_to(tmp_path / "elsewhere")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "elsewhere").rglob("*")}
    assert net.night(NEXT).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "elsewhere").rglob("*")} == before


def test_an_archive_within_an_archive_is_no_log(net: Network) -> None:
    net.write("logs/mall/web/twice.gz", gzip.compress(gzip.compress(log(NEXT))))
    net.write("logs/mall/web/zip.log", b"PK\x03\x04" + zlib.compress(log(NEXT)))
    counts = net.night(NEXT)
    assert counts.exit_code == 3
    assert len(counts.failures) == 2
