"""No planted identifier is in the store, the output, the log records or a traceback of a run that fails."""

from __future__ import annotations

import logging
import shutil
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import closing
from iesiz.deidentify import registrations as rows_room
from iesiz.deidentify import requests as requests_room
from iesiz.periods import Grain
from iesiz.pipeline import deidentify_file
from iesiz.records import ParsedChunk
from iesiz.sources import find_files
from iesiz.tables import load_tables
from tests.nights import DAY, Network
from tests.privacy.canaries import CANARIES, LATIN, REGISTRATION, found_in, found_in_bytes, planted
from tests.privacy.parquet_pages import bytes_behind, read_pages
from tests.privacy.planting import MANY, entry, plant

Columns = dict[str, pa.Array]
ISO = DAY.isoformat()


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """All canaries delivered, nothing read."""
    return plant(tmp_path_factory.mktemp("landing") / "network")


@pytest.fixture(scope="module")
def records() -> Iterator[list[logging.LogRecord]]:
    """Every log record of any library, from the lowest level on."""
    kept: list[logging.LogRecord] = []
    handler = logging.Handler(1)
    handler.emit = kept.append  # type: ignore[method-assign]
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield kept
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture(scope="module")
def night(landing: Network, records: list[logging.LogRecord]) -> tuple[Network, str]:
    """A whole night in this process: the network, and all that it said."""
    counts = landing.night(DAY)
    assert [one.verdict for one in counts.files] == ["read"] * 3
    assert [one.verdict for one in counts.days] == ["published"]
    return landing, repr(counts) + "".join(f"{one.getMessage()} {one.__dict__}" for one in records)


@pytest.fixture
def fresh(landing: Network, tmp_path: Path) -> Network:
    """A copy of the landing zone without a store."""
    shutil.copytree(landing.base, tmp_path / "network", ignore=shutil.ignore_patterns("store"))
    return Network(tmp_path / "network")


def test_enough_are_planted_and_no_two_are_alike() -> None:
    assert len(CANARIES) >= 300
    assert len({one.text for one in CANARIES}) == len(CANARIES)
    kinds = {one.kind for one in CANARIES}
    assert {
        "v4",
        "v6",
        "agent",
        "cookie",
        "user",
        "mail",
        "phone",
        "iin",
        "uuid",
        "hex",
        "base64",
        "name",
    } <= kinds


def test_a_whole_night_leaves_no_identifier(night: tuple[Network, str]) -> None:
    net, said = night
    assert found_in(net.store) == []
    assert found_in_bytes(said.encode(), "counts and log records") == []


def test_what_was_searched_is_what_a_night_leaves(night: tuple[Network, str]) -> None:
    """Every line came to one outcome, most were recognised, and something of each table was published."""
    net, _ = night
    with duckdb.connect(str(net.settings.catalog), read_only=True) as catalog:
        published = {
            one.name: catalog.execute(
                f"select count(*) from {one.name} where status = 'published'"
            ).fetchone()
            for one in load_tables()
            if one.grain is Grain.DAY
        }
    empty = {name for name, counted in published.items() if counted == (0,)}
    # No site has a funnel here, and no log tells durations.
    assert empty == {"daily_funnel_to_registration", "daily_latency_by_page"}
    parts = list((net.store / "restricted" / "requests").rglob("*.parquet"))
    assert sum(pq.read_metadata(part).num_rows for part in parts) > 6000


EACH = """
import sys
from iesiz.cli import main
own = sys.argv
for arguments in COMMANDS:
    sys.argv = ["iesiz", *arguments]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
sys.argv = own
"""


def test_the_command_line_says_and_leaves_no_identifier(fresh: Network) -> None:
    commands = [
        ["run", "--day", ISO],
        ["run", "--day", ISO, "--json"],
        ["read", "logs/mall/web/access.log", "logs/club/web/access.log", "--json"],
        ["status", "--json"],
    ]
    # One process for all of them: what libraries write past Python is heard as well.
    done = fresh.command(
        *("query", "select * from daily_pageviews_by_page where visitor_count is not null"),
        before=f"COMMANDS = {commands!r}{EACH}",
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert b"passport" in said  # the warning names the column that is not read
    assert found_in_bytes(said, "output") == []
    assert found_in(fresh.store) == []


def test_pages_hold_values_and_nothing_of_the_process(night: tuple[Network, str]) -> None:
    """Behind the last value of a dictionary page there is room for whatever lay in memory."""
    net, _ = night
    surplus = {
        (path.name, page.column): len(bytes_behind(page))
        for path in net.store.rglob("*.parquet")
        for page in read_pages(path)
        if page.is_dictionary
        and page.column in ("visitor", "network", "route", "browser", "referrer", "person")
    }
    assert surplus
    assert {place: size for place, size in surplus.items() if size} == {}


def test_a_latin_name_in_a_path_is_published_by_nobody(fresh: Network) -> None:
    """Where no word says that a person follows, it is a word like others, and only rareness protects it."""
    few = [entry(f"192.0.2.{visitor}", f"/kk/{name}-x") for name in LATIN for visitor in MANY[:9]]
    log = fresh.base / "logs/mall/web/access.log"
    log.write_bytes(log.read_bytes() + "".join(f"{one}\n" for one in few).encode())
    fresh.night(DAY)
    names = [f"{name}-x".encode() for name in LATIN]
    published = b"".join(
        path.read_bytes() for path in (fresh.store / "published").rglob("*") if path.is_file()
    )
    assert [name for name in names if name in published] == []


# Runs that fail.

RAISE_CONTENT = """
from iesiz.deidentify import requests
def fail(chunk, *rest):
    raise ValueError(b" ".join(chunk.texts[FIELD].values).decode("utf-8", "replace"))
requests.TREATMENTS[TREATMENT] = fail
"""
# It fails at the first row, and DuckDB's message quotes that row.
WRONG = (
    "select site, sum(cast(concat(route, referrer_source, browser) as integer)) from requests group by site"
)
FAILING_QUERY = f"""
from dataclasses import replace
from iesiz import closing
tables = closing.load_tables()
closing.load_tables = lambda: tuple(replace(one, query={WRONG!r}) for one in tables)
"""


@pytest.mark.parametrize(("field", "treatment"), [("address", "pseudonym"), ("path", "route")])
def test_a_defect_in_a_treatment_tells_no_content(fresh: Network, field: str, treatment: str) -> None:
    before = f"FIELD, TREATMENT = {field!r}, {treatment!r}{RAISE_CONTENT}"
    done = fresh.command("run", "--day", ISO, before=before)
    assert done.returncode == 1
    assert b"ValueError" in done.stderr
    assert found_in_bytes(done.stdout + done.stderr, "output") == []
    assert found_in(fresh.store) == []


def test_a_query_that_raises_in_the_middle_tells_no_content(fresh: Network) -> None:
    done = fresh.command("run", "--day", ISO, before=FAILING_QUERY)
    assert done.returncode == 1
    assert found_in_bytes(done.stdout + done.stderr, "output") == []
    assert found_in(fresh.store) == []
    assert list((fresh.store / "published").rglob("*.parquet")) == []


def test_a_query_that_raises_in_this_process_leaves_no_identifier_in_its_traceback(
    landing: Network, fresh: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = tuple(replace(one, query=WRONG) for one in load_tables())
    monkeypatch.setattr(closing, "load_tables", lambda: tables)
    try:
        said = repr(fresh.night(DAY))
    except Exception as error:  # noqa: BLE001 - whatever it is, its text is what is searched
        said = "".join(traceback.format_exception(error))
    assert "Conver" in said or "failures=(Failure" in said
    assert found_in_bytes(said.encode(), "traceback") == []


@pytest.mark.parametrize("column", ["first_name", "email"])
def test_an_unreadable_registration_tells_no_content(fresh: Network, column: str) -> None:
    path = fresh.base / "registrations.csv"
    text = planted(REGISTRATION + column)[3].text
    path.write_bytes(path.read_bytes().replace(text.encode(), text.encode() + b"\xff\xfe", 1))
    counts = fresh.night(DAY)
    said = repr(counts).encode()
    assert found_in_bytes(said, "counts") == []
    assert found_in(fresh.store) == []
    # A name is not read, so nobody looks whether it can be.
    assert [one.exit_code for one in counts.failures] == ([3] if column == "email" else [])


# Controls: one treatment off at a time, and what is kept of the records searched; nothing is published. What
# is found beside a field's own canaries are bad lines: a line without its last quote has the fields that
# follow, a forwarded address, a cookie, languages, in its agent.
BESIDE = ("bad_line", "extra", "accept_language")


def raw(chunk: object, field: str, kind: pa.DataType) -> pa.DictionaryArray:
    """A field of the log as it was logged."""
    coded = chunk.texts[field]  # type: ignore[attr-defined]
    values = [
        value if kind == pa.binary() else value.decode("utf-8", "backslashreplace") for value in coded.values
    ]
    return pa.DictionaryArray.from_arrays(pa.array(np.asarray(coded.codes)), pa.array(values, kind))


def keeping(treatment: str, field: str, column: str, kind: pa.DataType) -> Callable[..., Columns]:
    """The treatment, but with its column left as it was logged."""
    original = requests_room.TREATMENTS[treatment]
    return lambda chunk, *rest: (
        original(chunk, *rest) | ({column: raw(chunk, field, kind)} if field in chunk.texts else {})
    )


@pytest.mark.parametrize(
    ("treatment", "field", "column", "kind"),
    [
        ("pseudonym", "address", "visitor", pa.binary()),
        ("route", "path", "route", pa.string()),
        ("referrer_class", "referrer", "referrer_source", pa.string()),
        ("agent_class", "agent", "browser", pa.string()),
        ("language_class", "accept_language", "preferred", pa.string()),
    ],
)
def test_with_one_treatment_off_every_canary_of_its_field_is_found(
    fresh: Network,
    monkeypatch: pytest.MonkeyPatch,
    treatment: str,
    field: str,
    column: str,
    kind: pa.DataType,
) -> None:
    monkeypatch.setitem(requests_room.TREATMENTS, treatment, keeping(treatment, field, column, kind))
    fresh.read()
    found = found_in(fresh.store)
    assert {one for one in found if one.where not in (field, *BESIDE)} == set()
    assert {CANARIES[one.number] for one in found if one.where == field} == set(planted(field))


def test_with_a_proxys_header_kept_every_canary_in_it_is_found(
    fresh: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keep(chunk: ParsedChunk, _context: object, _times: object, name: str) -> Columns:
        return {"browser": raw(chunk, name, pa.string())} if name in chunk.texts else {}

    monkeypatch.setitem(requests_room.TREATMENTS, "client", keep)
    (cafe,) = [one for one in find_files(fresh.settings) if one.site == "cafe"]
    fresh.plant_keys()
    counts = deidentify_file(fresh.settings, cafe).counts
    assert 0 < counts.noted["client_unknown"] < counts.recognised
    found = found_in(fresh.store)
    written = {CANARIES[one.number] for one in found if one.kind.startswith("forwarded")}
    assert written == {one for one in planted("extra") if one.kind.startswith("forwarded")}


@pytest.mark.parametrize(
    ("column", "treatment"), [("email", "mail_provider"), ("phone", "phone_class"), ("interests", "given")]
)
def test_with_a_registration_field_untreated_every_canary_of_it_is_found(
    fresh: Network, monkeypatch: pytest.MonkeyPatch, column: str, treatment: str
) -> None:
    monkeypatch.setitem(rows_room.SIMPLE, treatment, lambda text: text or "")
    monkeypatch.delitem(rows_room.FOLDS, treatment)
    fresh.read()
    found = found_in(fresh.store)
    assert {one.where for one in found} == {REGISTRATION + column}
    assert {CANARIES[one.number] for one in found} == set(planted(REGISTRATION + column))
