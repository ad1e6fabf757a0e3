"""What a night costs after a year: the sample's night in a store of 30 nights, and in one of 365."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import time
from pathlib import Path

import pytest

from iesiz import night as night_module
from iesiz import pipeline
from iesiz.ledger import FIRST, Ledger, _digest
from iesiz.night import run_night
from iesiz.settings import Settings, load_settings

FIRST_DAY = dt.date(2026, 11, 1)
NIGHT = dt.date(2026, 11, 2)


def store_of(sample: Path, folder: Path, nights: int) -> Settings:
    """The sample's store after its first night, which is repeated for so many earlier days."""
    settings = load_settings(sample / "iesiz.toml")
    settings = settings.model_copy(update={"store": settings.store.model_copy(update={"path": str(folder)})})
    run_night(settings, (FIRST_DAY,), lambda *_: None)
    for zone in (settings.restricted, settings.published):
        repeat(Ledger(zone / "ledger.jsonl"), nights)
    name = f"day={FIRST_DAY}"
    for path in [*(settings.published / "tables").rglob(name), settings.restricted / "labels" / name]:
        for step in range(1, nights):
            shutil.copytree(path, path.with_name(f"day={earlier(step)}"))
    with pipeline.store_lock(settings):
        pipeline.build_catalog(settings)
    return settings


def earlier(step: int) -> str:
    """A day so many days before the first, as it is written."""
    return str(FIRST_DAY - dt.timedelta(days=step))


def repeat(ledger: Ledger, nights: int) -> None:
    """Write a ledger anew, with the first night's releases and days once for each earlier day."""
    own = [(entry.kind, dict(entry.facts)) for entry in ledger.entries()]
    repeated = [
        (kind, json.loads(json.dumps(facts).replace(str(FIRST_DAY), earlier(step))))
        for step in range(nights - 1, 0, -1)
        for kind, facts in own
        if kind in ("release", "day")
    ]
    previous, lines = FIRST, []
    for number, (kind, facts) in enumerate([*repeated, *own], 1):
        body = {"number": number, "kind": kind, "previous": previous, **facts}
        previous = _digest(body)
        lines.append(json.dumps({**body, "chain": previous}, sort_keys=True))
    ledger.path.write_text("\n".join(lines) + "\n")


@pytest.mark.benchmark
def test_a_night_after_a_year(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for nights in (30, 365):
        settings = store_of(sample, tmp_path / str(nights), nights)
        spent: dict[str, float] = {}
        with monkeypatch.context() as patch:
            for name in ("discover", "deidentify_file", "close_period", "periods_to_close", "build_catalog"):
                patch.setattr(night_module.pipeline, name, timed(getattr(pipeline, name), name, spent))
            start = time.process_time()
            counts = run_night(settings, (NIGHT,), lambda *_: None)
        assert [one.verdict for one in counts.days] == ["published"]
        total = time.process_time() - start
        print(f"\nnight {nights}: {total:.2f} CPU s;", {name: round(s, 2) for name, s in spent.items()})


def timed(function: object, name: str, spent: dict[str, float]) -> object:
    def call(*given: object) -> object:
        start = time.process_time()
        try:
            return function(*given)  # type: ignore[operator]
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start

    return call
