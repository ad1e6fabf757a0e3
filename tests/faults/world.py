"""The runs that are disturbed: nights that do all there is to do, with nothing in them left to chance.

A day is published already and its keys are due for destruction. Then somebody is forgotten, and one night
reads two days from several files and the registrations, closes the days and their week, or their week, month
and quarter with the microdata, builds what readers get, destroys keys and deletes records.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from iesiz import calendar, pipeline
from iesiz.deidentify import keys
from iesiz.deidentify.key_files import StoredKey
from iesiz.forget_request import ForgetRequest, NamedVisitor
from iesiz.night import NightCounts, run_night
from iesiz.publish import microdata
from iesiz.restricted import staged_records
from iesiz.settings import Settings
from iesiz.storage import store_id
from iesiz.vocabulary import KeyFacts
from tests.clock import set_clock
from tests.nights import BROWSER, Network, log, network, site
from tests.quarters import REGISTRATION, deliver, people

BEFORE = dt.date(2025, 3, 21)
# The last day of a week, and the last of a quarter.
SCENES = {"week": dt.date(2025, 3, 30), "quarter": dt.date(2025, 3, 31)}
VISITORS = range(1, 41)
GONE = ForgetRequest(visitors=(NamedVisitor(address="192.0.2.3", agent=BROWSER),))


def after(day: dt.date) -> dt.datetime:
    """Half past two in Almaty, in the night after a day."""
    return dt.datetime.combine(day, dt.time(21, 30), dt.UTC)


def begin(base: Path, last: dt.date) -> Network:
    """A network with a published day, to which the files of two more have come."""
    net = network(base, site("mall", "web"), REGISTRATION)
    deliver(net, people(150))
    net.write("logs/mall/web/before.log", log(BEFORE, VISITORS))
    with fixed(after(BEFORE)):
        failed = run_night(net.settings, (BEFORE,), lambda *_: None).failures
    if failed:
        raise RuntimeError(str(failed))
    first = last - dt.timedelta(days=1)
    net.write("logs/mall/web/first.log", log(first, range(1, 20)))
    both = log(first, range(20, 41)) + log(last, VISITORS)
    net.write("logs/mall/web/last.log.gz", gzip.compress(both, mtime=0))
    return net


def work(settings: Settings, last: dt.date) -> NightCounts:
    """Forget somebody, then do the night after a day."""
    with fixed(after(last)):
        with pipeline.store_lock(settings):
            pipeline.forget(settings, GONE)
        return run_night(settings, (last - dt.timedelta(days=1), last), lambda *_: None)


def kept(net: Network) -> dict[str, str]:
    """SHA-256 of what is published for good; the catalog and what else readers get is made anew."""
    kinds = ("tables/", "microdata/", "ledger.jsonl")
    return {name: digest for name, digest in net.published().items() if name.startswith(kinds)}


def leftovers(net: Network) -> list[str]:
    """What a run that came to its end may not leave in the store."""
    restricted = net.store / "restricted"
    names = [str(path.relative_to(net.store)) for path in net.store.rglob("*") if ".staged" in path.name]
    journals = [
        path.name
        for path in restricted.glob("*.json")
        if "journal" in path.name or path.name == "forget.json"
    ]
    held = [
        str(path.relative_to(restricted))
        for name in ("staging", "scratch")
        for path in (restricted / name).glob("*")
    ]
    return names + journals + held


@contextmanager
def fixed(moment: dt.datetime) -> Iterator[None]:
    """The clock stands still, what is drawn depends on its purpose alone, what is staged lies in files."""
    with pytest.MonkeyPatch.context() as patch:
        set_clock(patch, lambda: moment)
        patch.setattr(keys.KeyRing, "_new", _drawn_key)
        patch.setattr(staged_records, "IN_MEMORY", 0)
        patch.setattr(microdata, "_drawn_order", lambda rows: np.random.default_rng(rows).permutation(rows))
        yield


def _drawn_key(ring: keys.KeyRing, purpose: str, scope: str, epoch: str) -> StoredKey:
    facts = KeyFacts(purpose, scope, epoch, calendar.now().date(), None)
    secret = hashlib.sha256(facts.name.encode()).digest()
    return StoredKey(facts, store_id(ring.folder.parent), secret)
