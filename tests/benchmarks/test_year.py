"""What a night costs after a year: the sample's night in a store of 30 nights, and in one of 365.

The night is the first of a week and the second of a month: it closes its day, the week and the month before.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import night as night_module
from iesiz import pipeline
from iesiz.deidentify import KeyRing
from iesiz.ledger import Entry, Ledger
from iesiz.ledger_chain import FIRST, digest_of
from iesiz.night import run_night
from iesiz.periods import Grain, Period
from iesiz.settings import Settings, load_settings

FIRST_DAY = dt.date(2026, 11, 1)
NIGHT = dt.date(2026, 11, 2)
BY_THEN = (Period(Grain.WEEK, dt.date(2026, 10, 26)), Period(Grain.MONTH, dt.date(2026, 10, 1)))
IN_MONTH, UNPUBLISHED = (
    29,
    2,
)  # days of October that are published before the first day, and those that are not
KEPT = 45 - UNPUBLISHED  # published days whose exact cells and counts are still there
TURNS = 3  # nights of each store, by turns: what else runs on the machine adds to the time
STEPS = (
    "discover",
    "deidentify_file",
    "deidentify_registrations",
    "close_period",
    "periods_to_close",
    "build_catalog",
    "build_dashboard",
    "upkeep",
)


def first_night(sample: Path, folder: Path) -> Settings:
    """The sample's store after its first night, with the keys of the next: what is withheld hangs on them."""
    settings = load_settings(sample / "iesiz.toml")
    settings = settings.model_copy(update={"store": settings.store.model_copy(update={"path": str(folder)})})
    run_night(settings, (FIRST_DAY,), lambda *_: None)
    for period in (Period(Grain.DAY, NIGHT), *BY_THEN):
        for purpose in ("threshold", "sampling"):
            KeyRing.of(settings).key(purpose, "network", period.name.lower())
    return settings


def store_of(first: Settings, folder: Path, nights: int) -> Settings:
    """A copy of the store after the first night, which is repeated for so many earlier days."""
    settings = copied(first, folder)
    repeat(Ledger(settings.restricted / "ledger.jsonl"), nights, closed_before(nights))
    repeat(Ledger(settings.published / "ledger.jsonl"), nights)
    name = f"day={FIRST_DAY}"
    for path in [*(settings.published / "tables").rglob(name), settings.restricted / "labels" / name]:
        for step in range(1, nights):
            shutil.copytree(path, path.with_name(f"day={earlier(step)}"))
    for step in range(1, min(nights, KEPT)):
        left_by(settings, step)
    with pipeline.store_lock(settings):
        pipeline.build_catalog(settings)
    return settings


def copied(settings: Settings, folder: Path) -> Settings:
    """A copy of a store."""
    shutil.copytree(settings.store_path, folder)
    return settings.model_copy(update={"store": settings.store.model_copy(update={"path": str(folder)})})


def left_by(settings: Settings, step: int) -> None:
    """What a day so many days before the first leaves for the week and the month."""
    for room in ("exact", "counts"):
        held = settings.restricted / room / f"day={FIRST_DAY}"
        shutil.copytree(held, held.with_name(f"day={earlier(step)}"))
    counts = settings.restricted / "counts" / f"day={earlier(step)}" / "registered.parquet"
    table = pq.ParquetFile(counts).read()
    days = pa.array([dt.date.fromisoformat(earlier(step))] * len(table), pa.date32())
    pq.write_table(table.set_column(table.column_names.index("day"), "day", days), counts)


def closed_before(nights: int) -> list[tuple[str, dict[str, object]]]:
    """Weeks and months that were closed before the last of each."""
    days = [dt.date.fromisoformat(earlier(step)) for step in range(nights - 1, 0, -1)]
    grains = [last.grain for last in BY_THEN]
    found = {Period.of(grain, day): None for grain in grains for day in days}
    nothing = {"days": [], "sites": [], "missing": [], "closed": str(dt.datetime.now(dt.UTC).date())}
    last = {one.grain: one.start for one in BY_THEN}
    return [
        (str(one.grain), {str(one.grain): one.name, **nothing})
        for one in found
        if one.start < last[one.grain]
    ]


def earlier(step: int) -> str:
    """A day so many published days before the first, as it is written.

    The two days that a store of 30 nights lacks of the month are published in neither, so that both close
    the same month.
    """
    far = step if step <= IN_MONTH else step + UNPUBLISHED
    return str(FIRST_DAY - dt.timedelta(days=far))


def repeat(ledger: Ledger, nights: int, before: Sequence[tuple[str, dict[str, object]]] = ()) -> None:
    """Write a ledger anew, with the first night's releases and days once for each earlier day."""
    entries = [entry for entry in ledger.entries() if not _is_longer(entry)]
    own = [(entry.kind, dict(entry.facts)) for entry in entries]
    repeated = [
        (kind, json.loads(json.dumps(facts).replace(str(FIRST_DAY), earlier(step))))
        for step in range(nights - 1, 0, -1)
        for kind, facts in own
        if kind in ("release", "day")
    ]
    previous, lines = FIRST, []
    for number, (kind, facts) in enumerate([*before, *repeated, *own], 1):
        body = {"number": number, "kind": kind, "previous": previous, **facts}
        previous = digest_of(body)
        lines.append(json.dumps({**body, "chain": previous}, sort_keys=True))
    ledger.path.write_text("\n".join(lines) + "\n")


def _is_longer(entry: Entry) -> bool:
    """Whether it is of the week that the first day alone has closed."""
    return entry.kind == Grain.WEEK or (entry.kind == "release" and entry.facts["period"] != str(FIRST_DAY))


@pytest.mark.benchmark
def test_a_night_after_a_year(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_module.pipeline, "microdata_to_close", lambda *_: ())
    first = first_night(sample, tmp_path / "first")
    stores = {nights: store_of(first, tmp_path / str(nights), nights) for nights in (30, 365)}
    least: dict[int, float] = {}
    for turn in range(TURNS):
        for nights, store in stores.items():
            spent: dict[str, float] = {}
            seconds = night_of(copied(store, tmp_path / f"{nights}-{turn}"), spent, monkeypatch)
            least[nights] = min(seconds, least.get(nights, seconds))
            shown = {name: round(one, 2) for name, one in spent.items()}
            print(f"\nnight {nights}: {seconds:.2f} CPU s;", shown)
    print(f"night 365 is {least[365] / least[30]:.2f} times night 30, the least of {TURNS} each")


def night_of(settings: Settings, spent: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> float:
    """CPU seconds of the night that closes a day, a week and a month, those of its steps apart."""
    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(night_module.pipeline, name, timed(getattr(pipeline, name), name, spent))
        start = time.process_time()
        counts = run_night(settings, (NIGHT,), lambda *_: None)
        seconds = time.process_time() - start
    closed = {one.period: one.verdict for one in (*counts.days, *counts.periods)}
    assert closed == dict.fromkeys((Period(Grain.DAY, NIGHT), *BY_THEN), "published")
    return seconds


def timed(function: object, name: str, spent: dict[str, float]) -> object:
    def call(*given: object) -> object:
        start = time.process_time()
        try:
            return function(*given)  # type: ignore[operator]
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start

    return call
