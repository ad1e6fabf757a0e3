"""Late lines of a day of an open week: its week and month count their visitors, or are not published."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from iesiz import pipeline, revising, tables
from iesiz.deidentify import KeyRing, Pseudonymiser, period_visitor
from iesiz.errors import PrivacyRefusal
from iesiz.forget_request import ForgetRequest, NamedVisitor
from iesiz.publish import verify_store
from iesiz.restricted import held_maps
from iesiz.tools import audit_published
from tests.nights import BROWSER, NETWORKS, Network, line, network

MONDAY, TUESDAY, SUNDAY, LAST = (dt.date(2025, 3, day) for day in (3, 4, 9, 31))
ALWAYS, ON_MONDAY, ON_TUESDAY, ON_SUNDAY = range(60), range(60, 80), range(80, 100), range(100, 120)
LATE_ONLY, AT_LAST = range(120, 140), range(140, 160)
WEEKLY, MONTHLY, DAILY = "weekly_visitors_by_site", "monthly_visitors_by_site", "daily_visitors_by_site"
RETURNING = "monthly_returning_visitors_by_site"


def log(day: dt.date, *visitors: Iterable[int]) -> bytes:
    return b"".join(line(day, one, second=one) for some in visitors for one in some)


@pytest.fixture(scope="module", autouse=True)
def four_tables() -> Iterator[None]:
    """A plan of unions and their days alone: beside breakdowns each of their cells would need people."""
    names = (DAILY, WEEKLY, MONTHLY, RETURNING)
    held = [folder for folder in tables._folders() if folder.name in names]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_folders", lambda: held)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, four_tables: None) -> Path:
    """Monday and Tuesday are published; of Tuesday a file came late, with twenty who come again on Sunday."""
    net = network(tmp_path_factory.mktemp("late") / "network")
    net.write("logs/mall/web/monday.log", log(MONDAY, ALWAYS, ON_MONDAY))
    net.write("logs/mall/web/tuesday.log", log(TUESDAY, ALWAYS, ON_TUESDAY))
    assert net.night(MONDAY, TUESDAY).failures == ()
    net.write("logs/mall/web/late.log", log(TUESDAY, ON_SUNDAY, LATE_ONLY))
    net.night(TUESDAY)
    return net.base


@pytest.fixture
def net(made: Path, tmp_path: Path) -> Network:
    return Network(Path(shutil.copytree(made, tmp_path / "network")))


def revise(net: Network) -> None:
    with pipeline.store_lock(net.settings):
        done = pipeline.revise(net.settings, TUESDAY, "a server's file came after the night")
    assert done.verdict == "revised"


def close(net: Network, day: dt.date = SUNDAY) -> None:
    """Sunday's visitors come, and the night of a day, after which the week is closed."""
    net.write("logs/mall/web/sunday.log", log(SUNDAY, ALWAYS, ON_SUNDAY))
    assert net.night(*{SUNDAY, day}).failures == ()


def published(net: Network, table: str, period: str) -> list[dict[str, Any]]:
    [path] = (net.store / "published" / "tables" / table).glob(f"*={period}/*.parquet")
    rows: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    return rows


def counts(net: Network, table: str, period: str) -> tuple[int | None, int | None]:
    [row] = published(net, table, period)
    return row["visitor_count"], row["visitor_days"]


def is_clean(net: Network) -> bool:
    return verify_store(net.settings) == () and audit_published(net.settings, None, None).findings == ()


def late_maps(net: Network) -> list[Path]:
    return [path for path in held_maps(net.settings) if path.name.endswith("-late.parquet")]


def test_who_came_late_is_counted_in_the_week_and_in_the_month(net: Network) -> None:
    """By hand: sixty every day, and twenty each on Monday, on Tuesday, late, late and on Sunday, at last."""
    revise(net)
    net.write("logs/mall/web/last.log", log(LAST, ALWAYS, AT_LAST))
    close(net, LAST)
    days = [published(net, DAILY, str(day))[0]["visitor_count"] for day in (MONDAY, TUESDAY, SUNDAY, LAST)]
    assert days == [80, 80 + 40, 80, 80]
    assert counts(net, WEEKLY, "2025-W10") == (60 + 4 * 20, 80 + 120 + 80)
    assert counts(net, MONTHLY, "2025-03") == (60 + 5 * 20, 80 + 120 + 80 + 80)
    bands = {row["days_seen"]: row["visitor_count"] for row in published(net, RETURNING, "2025-03")}
    assert bands == {"1": 4 * 20, "2": 20, "3-5": 60}
    assert is_clean(net)


def test_control_without_renewed_sets_the_week_contradicts_its_days(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revising, "renew_visitors", lambda *_: None)
    revise(net)
    net.write("logs/mall/web/sunday.log", log(SUNDAY, ALWAYS, ON_SUNDAY))
    [failure] = net.night(SUNDAY).failures
    assert (failure.work, "contradict" in failure.message) == ("week 2025-W10", True)


class Crashed(BaseException):
    """What no code of ours catches."""


def crash(*_: object) -> None:
    raise Crashed


def test_a_crash_before_the_revision_counts_leaves_the_week_as_it_was(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(revising, "commit_period", crash)
        with pytest.raises(Crashed):
            revise(net)
    assert list((net.store / "restricted" / "seen").rglob("revision=1/*.parquet"))
    close(net)
    assert published(net, DAILY, str(TUESDAY))[0]["visitor_count"] == 80
    assert counts(net, WEEKLY, "2025-W10") == (60 + 3 * 20, 80 + 80 + 80)
    assert is_clean(net)


def test_without_their_names_nobody_is_counted(net: Network) -> None:
    for path in late_maps(net):
        path.unlink()
    revise(net)
    close(net)
    assert not (net.store / "published" / "tables" / WEEKLY).exists()


def test_names_of_late_visitors_go_with_the_revision_or_with_the_week(net: Network) -> None:
    [held] = late_maps(net)
    assert held.parent.name == f"day={TUESDAY}"
    other = Network(Path(shutil.copytree(net.base, net.base.with_name("other"))))
    revise(net)
    with pipeline.store_lock(net.settings):
        pipeline.discover(net.settings, TUESDAY)
    assert late_maps(net) == []
    close(other)
    assert late_maps(other) == []
    with pytest.raises(PrivacyRefusal, match="2025-W10 is published and made of it"):
        revise(other)


def test_who_is_forgotten_comes_back_neither_late_nor_in_a_set(net: Network) -> None:
    gone = LATE_ONLY[0]
    address = f"{NETWORKS[gone % 3]}.{gone}"
    key = KeyRing.of(net.settings).key("period", "mall", "2025-w10")
    name = Pseudonymiser.under(key).of(period_visitor(address, BROWSER))
    [held] = late_maps(net)
    assert name in pq.ParquetFile(held).read()["week"].to_pylist()
    with pipeline.store_lock(net.settings):
        pipeline.forget(net.settings, ForgetRequest(visitors=(NamedVisitor(address=address, agent=BROWSER),)))
    assert name not in pq.ParquetFile(held).read()["week"].to_pylist()
    revise(net)
    close(net)
    assert counts(net, WEEKLY, "2025-W10") == (60 + 4 * 20 - 1, 80 + 119 + 80)
