"""Weeks and months close after their days, are published once, and are known wherever days are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import pipeline, publishing, tables
from iesiz.night import NightCounts
from iesiz.periods import Grain, Period
from iesiz.publish import verify_store
from iesiz.reader import ask
from iesiz.restricted import counts_path, expired
from iesiz.settings import Settings
from iesiz.status import status_of
from iesiz.storage import remove_tree, write_private
from iesiz.tables import Cells
from iesiz.tools import audit_published
from tests.nights import Network, log, network, site

MONDAY = dt.date(2025, 3, 3)
WEEK = [MONDAY + dt.timedelta(days=step) for step in range(7)]
WITH_DATA = (WEEK[0], WEEK[6])
TABLE = "weekly_registrations_by_channel"
TOML = """
title = "Registrations by channel"
grain = "week"
purpose = "2E"
source = "registration"
row = "people that registered on one site through one channel"
contributor = "person"
sensitive = false
schema_version = 1
columns = [
    { name = "site", type = "string", role = "dimension", values = "sites", unit = "name", meaning = "s" },
    {name = "channel", type = "string", role = "dimension", values = ["web", "desk"], unit="-", meaning="-"},
    { name = "registration_count", type = "int", role = "contributor", unit = "people", meaning = "p" },
]
"""
QUERY = """
select site, channel, sum(registration_count)::bigint as registration_count
from registered
where day >= $start and day < $end
group by site, channel
"""
CHECKS = "-- stop\nselect * from cells where registration_count < 0\n"
REGISTRATION = '[registration]\nsites = ["mall"]\npaths = ["registrations.csv"]\n'


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    """A network whose plan has one weekly table besides the package's."""
    folder = tmp_path / "statistics" / TABLE
    folder.mkdir(parents=True)
    for name, text in (("table.toml", TOML), ("query.sql", QUERY), ("checks.sql", CHECKS)):
        folder.joinpath(name).write_text(text)
    held = [one for one in tables._folders() if not one.name.startswith(("weekly", "monthly", "quarterly"))]
    monkeypatch.setattr(tables, "_folders", lambda: [*held, folder])
    made = network(tmp_path / "network", site("mall", "web"), REGISTRATION)
    keep = publishing.write_exact

    def freezing(settings: Settings, period: Period, exact: Sequence[Cells]) -> None:
        keep(settings, period, exact)
        if period.grain is Grain.DAY:
            freeze(settings, period.start, web=20, desk=1)

    monkeypatch.setattr(publishing, "write_exact", freezing)
    made.write("registrations.csv", b"registration_id,registered_at,site\n1,2025-02-01T10:00:00,mall\n")
    return made


def deliver(net: Network, day: dt.date) -> None:
    net.write(f"logs/mall/web/{day}.log", log(day))


def freeze(settings: Settings, day: dt.date, **channels: int) -> None:
    """The additive counts that a published day leaves."""
    rows = [
        {"day": day, "site": "mall", "channel": channel, "registration_count": count}
        for channel, count in channels.items()
    ]
    table = pa.Table.from_pylist(rows)
    write_private(counts_path(settings, day), lambda staged: pq.write_table(table, staged))


def longer(counts: NightCounts) -> dict[str, str]:
    return {one.period.name: one.verdict for one in counts.periods}


def whole_week(net: Network) -> NightCounts:
    for day in WITH_DATA:
        deliver(net, day)
    return net.night(*WITH_DATA)


def test_a_week_is_published_after_its_days_once(net: Network) -> None:
    counts = whole_week(net)
    assert (longer(counts), counts.exit_code) == ({"2025-W10": "published"}, 0)
    path = net.store / "published" / "tables" / TABLE / "week=2025-W10" / "part-0.parquet"
    rows = pq.ParquetFile(path).read().to_pylist()
    assert [(row["channel"], row["registration_count"], row["status"]) for row in rows] == [
        ("desk", None, "suppressed"),
        ("web", 40, "published"),
    ]
    before = net.partitions()
    assert longer(net.night(WEEK[-1])) == {}
    counts = pipeline.close_period(net.settings, Period.of(Grain.WEEK, MONDAY))
    assert counts.verdict == "already published"
    assert net.partitions() == before


def test_a_week_waits_for_its_last_day_and_for_open_ones(net: Network) -> None:
    deliver(net, WEEK[0])
    assert longer(net.night(WEEK[0])) == {}
    assert longer(net.night(WEEK[5])) == {}
    deliver(net, WEEK[3])
    assert longer(net.night(WEEK[6])) == {}
    assert longer(net.night(WEEK[3], WEEK[6])) == {"2025-W10": "published"}


def test_a_week_is_published_without_the_days_that_are_missing(net: Network) -> None:
    deliver(net, WEEK[0])
    counts = net.night(WEEK[0], WEEK[6])
    [week] = counts.periods
    assert (week.verdict, week.missing) == ("published", tuple(str(day) for day in WEEK[1:]))
    [status] = status_of(net.settings).periods
    assert (status.period, status.missing) == ("2025-W10", week.missing)
    # A day that comes after its week is published, and the week stays as it is.
    before = net.partitions()
    deliver(net, WEEK[1])
    assert [one.verdict for one in net.night(WEEK[1]).days] == ["published"]
    assert before.items() <= net.partitions().items()


def test_catalog_ledgers_and_audit_know_of_weeks(net: Network) -> None:
    whole_week(net)
    answer = ask(net.settings.catalog, f"select * exclude (site, status) from {TABLE} order by all")
    assert answer.rows == (("2025-W10", "desk", None), ("2025-W10", "web", 40))
    described = ask(net.settings.catalog, "select type from codebook where column_name = 'week'")
    assert described.rows == (("string",),)
    assert verify_store(net.settings) == ()
    path = net.store / "published" / "tables" / TABLE / "week=2025-W10" / "part-0.parquet"
    found = audit_published(net.settings, TABLE, None)
    assert (found.periods, found.withheld, found.findings) == (1, 1, ())
    path.write_bytes(path.read_bytes() + b"x")
    assert len(audit_published(net.settings, None, None).findings) == 1


def test_exact_counts_are_private_and_expire(net: Network) -> None:
    whole_week(net)
    held = [path for path in (net.store / "restricted" / "exact").rglob("*") if path.is_file()]
    assert held
    assert {path.stat().st_mode & 0o777 for path in held} == {0o600}
    closed = {Period(Grain.DAY, day): day for day in WEEK}
    assert expired(net.settings, closed, WEEK[0] + dt.timedelta(days=45)) == ()
    found = expired(net.settings, closed, WEEK[0] + dt.timedelta(days=46))
    assert {one.name for one in found} == {f"day={WEEK[0]}"}
    assert {one.parent.name for one in found} == {"counts", "exact", "labels", "visits"}


def test_a_week_whose_exact_counts_have_expired_is_withheld_whole_and_nobody_waits_for_it(
    net: Network,
) -> None:
    deliver(net, WEEK[0])
    net.night(WEEK[0])
    for path in expired(net.settings, {}, WEEK[0] + dt.timedelta(days=46)):
        remove_tree(path)
    counts = net.night(WEEK[6])
    assert (counts.exit_code, longer(counts)) == (0, {"2025-W10": "withheld"})
    [week] = counts.periods
    assert "have expired" in week.warnings[0]
    assert not (net.store / "published" / "tables" / TABLE).exists()
    [status] = status_of(net.settings).periods
    assert (status.period, status.withheld) == ("2025-W10", week.warnings[0])
    before = net.partitions()
    assert longer(net.night(WEEK[6])) == {}
    assert net.partitions() == before
    assert audit_published(net.settings, None, None).findings == ()


def test_a_week_that_crashed_is_finished_by_the_next_night(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    from iesiz.publish import release

    class Crashed(BaseException):
        pass

    deliver(net, WEEK[0])
    net.night(WEEK[0])
    deliver(net, WEEK[6])
    with monkeypatch.context() as patch:
        place = release._place

        def crash(settings: object, one: release.Release) -> None:
            if one.table == TABLE:
                raise Crashed
            place(settings, one)  # type: ignore[arg-type]

        patch.setattr(release, "_place", crash)
        with pytest.raises(Crashed):
            net.night(WEEK[6])
    assert longer(net.night(WEEK[6])) == {}
    assert verify_store(net.settings) == ()
    assert [one.period for one in status_of(net.settings).periods] == ["2025-W10"]
