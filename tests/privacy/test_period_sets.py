"""Weeks and months of visitors: what is kept for them, who can link what and for how long, what comes out."""

from __future__ import annotations

import datetime as dt
import gzip
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from iesiz import forgetting, material, pipeline, tables
from iesiz.deidentify import KeyRing, Pseudonymiser, met_visitors, period_visitor
from iesiz.errors import PrivacyRefusal
from iesiz.forget_request import ForgetRequest, NamedVisitor
from iesiz.restricted import Records, held_maps
from tests.clock import set_clock
from tests.nights import BROWSER, NETWORKS, Network, line, network

MONDAY = dt.date(2025, 3, 3)
WEEK = [MONDAY + dt.timedelta(days=step) for step in range(7)]
LATER, LAST = dt.date(2025, 3, 12), dt.date(2025, 3, 31)
DAYS = [*WEEK, LATER, LAST]
ALWAYS, THRICE, TWICE = range(60), range(60, 100), range(100, 130)
ROBOT = 700  # asks for what is written for robots, on the second day
WEEKLY, MONTHLY = "weekly_visitors_by_site", "monthly_visitors_by_site"
RETURNING = "monthly_returning_visitors_by_site"
DAILY = "daily_visitors_by_site"
TABLES = (WEEKLY, MONTHLY, RETURNING)


def agent_of(visitor: int) -> str:
    return BROWSER.replace("126", str(100 + visitor // 240))


def address_of(visitor: int) -> str:
    return f"{NETWORKS[visitor % 240 % 3]}.{visitor % 240}"


def lines(day: dt.date, visitors: Iterable[int]) -> list[bytes]:
    return [line(day, one % 240, "/ru/shops", at, agent_of(one)) for at, one in enumerate(visitors)]


def seen_on(place: int) -> list[int]:
    """Visitors of one of the days; the last twenty come once."""
    again = [*ALWAYS, *(THRICE if place < 3 else ()), *(TWICE if place < 2 else ())]
    return [*again, *range(200 + 20 * place, 220 + 20 * place)]


def whole_log(place: int) -> list[bytes]:
    found = lines(DAYS[place], seen_on(place))
    if place == 1:
        found += [line(DAYS[1], ROBOT % 240, "/robots.txt", 900, agent_of(ROBOT)), *lines(DAYS[1], [ROBOT])]
    return found


@pytest.fixture(scope="module", autouse=True)
def four_tables() -> Iterator[None]:
    """A plan of unions and their days alone: beside breakdowns each of their cells would need people."""
    held = [folder for folder in tables._folders() if folder.name in (DAILY, *TABLES)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_folders", lambda: held)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, four_tables: None) -> Path:
    """A network whose week is closed, whose month is open, as is its last day; tests work on copies."""
    net = network(tmp_path_factory.mktemp("sets") / "network")
    for place, day in enumerate(DAYS):
        net.write(f"logs/mall/web/{day}.log", b"".join(whole_log(place)))
    assert net.night(*DAYS[:-1]).failures == ()
    return net.base


@pytest.fixture
def net(made: Path, tmp_path: Path) -> Network:
    return Network(Path(shutil.copytree(made, tmp_path / "network")))


@pytest.fixture(scope="module")
def done(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The same after the month's close; nobody changes it."""
    base = Path(shutil.copytree(made, tmp_path_factory.mktemp("done") / "network"))
    assert Network(base).night(LAST).failures == ()
    return Network(base)


def published(net: Network, table: str, period: str) -> list[dict[str, Any]]:
    [path] = (net.store / "published" / "tables" / table).glob(f"*={period}/*.parquet")
    rows: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    return rows


def sets(net: Network, period: str) -> dict[str, set[bytes]]:
    """Pseudonyms that are held for a period, by day."""
    found = (net.store / "restricted" / "seen").glob(f"*={period}/site=mall/*.parquet")
    return {
        path.stem.partition("=")[2]: set(pq.ParquetFile(path).read()["visitor"].to_pylist())
        for path in sorted(found)
    }


def held_bytes(net: Network) -> set[bytes]:
    """Every pseudonym that stands in any Parquet file of the restricted zone."""
    found: set[bytes] = set()
    for path in (net.store / "restricted").rglob("*.parquet"):
        table = pq.ParquetFile(path).read()
        for name in set(table.column_names) & {"visitor", "week", "month"}:
            found |= {bytes(one) for one in table[name].to_pylist() if one is not None}
    return found


def called(net: Network, visitor: int, epoch: str = "2025-03") -> bytes:
    """What somebody who knows address, agent and key makes of them."""
    key = KeyRing.of(net.settings).key("period", "mall", epoch)
    return Pseudonymiser.under(key).of(period_visitor(address_of(visitor), agent_of(visitor)))


def test_weeks_months_and_bands_are_those_counted_by_hand(done: Network) -> None:
    """Robots by behaviour are known at a day's close only, and are in none of them."""
    shown = {"site": "mall", "status": "published"}
    assert published(done, WEEKLY, "2025-W10") == [
        {**shown, "visitor_count": 60 + 40 + 30 + 7 * 20, "visitor_days": 60 * 7 + 40 * 3 + 30 * 2 + 7 * 20}
    ]
    assert published(done, MONTHLY, "2025-03") == [
        {**shown, "visitor_count": 60 + 40 + 30 + 9 * 20, "visitor_days": 60 * 9 + 40 * 3 + 30 * 2 + 9 * 20}
    ]
    bands = {"1": 9 * 20, "2": 30, "3-5": 40, "6+": 60}
    assert published(done, RETURNING, "2025-03") == [
        {**shown, "days_seen": band, "visitor_count": count} for band, count in bands.items()
    ]
    days = [published(done, DAILY, str(day))[0]["visitor_count"] for day in DAYS]
    assert sum(days) == published(done, MONTHLY, "2025-03")[0]["visitor_days"]


def test_files_in_any_pieces_and_runs_give_the_same_bytes(done: Network, tmp_path: Path) -> None:
    other = network(tmp_path / "network")
    for place, day in enumerate(DAYS):
        log = whole_log(place)
        half = len(log) // 2
        pieces = [log[: half + 30], log[half:], log[: half + 10], log]
        for number, piece in enumerate(pieces[place % 2 : place % 2 + 3]):
            content = b"".join(piece)
            name = f"logs/mall/web/{day}-{number}.log"
            other.write(name, gzip.compress(content) if number == 1 else content)
            if (place + number) % 4 == 0:
                with pipeline.store_lock(other.settings):
                    for file in pipeline.discover(other.settings, MONDAY).files:
                        pipeline.deidentify_file(other.settings, file)
    assert other.night(*DAYS[:4]).failures == ()
    assert other.night(*DAYS).failures == ()
    own, theirs = other.partitions(), done.partitions()
    names = [name for name in theirs if name.startswith(tuple(f"tables/{one}/" for one in (*TABLES, DAILY)))]
    assert len(names) == len(DAYS) + 2 + 1 + 1
    assert {name: own[name] for name in names} == {name: theirs[name] for name in names}


def test_what_is_held_and_until_when(net: Network, done: Network) -> None:
    """Maps of open days, sets of closed days of open periods; of closed periods nothing."""
    assert [path.parent.name for path in held_maps(net.settings)] == [f"day={LAST}"]
    assert list(sets(net, "2025-03")) == [str(day) for day in DAYS[:-1]]
    assert sets(net, "2025-W10") == {}
    assert list(sets(net, "2025-W11")) == [str(LATER)]
    assert called(net, 0) in sets(net, "2025-03")[str(MONDAY)]
    assert called(net, ROBOT) not in sets(net, "2025-03")[str(DAYS[1])]
    assert held_maps(done.settings) == ()
    assert sets(done, "2025-03") == {}
    for path in (net.store / "restricted" / "seen").rglob("*.parquet"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_set_tells_who_came_back_and_joins_neither_the_days_records_nor_a_week(net: Network) -> None:
    """What the restricted zone allows until a month is closed, and no more, once its days are closed."""
    by_day = sets(net, "2025-03")
    assert len(set.intersection(*by_day.values())) == len(ALWAYS)  # so much it says, for its purpose
    records = Records(net.settings)
    of_records = [
        {
            bytes(one)
            for path in records.parts(day)["mall"]
            for one in pq.read_table(path)["visitor"].to_pylist()
        }
        for day in DAYS[:-1]
    ]
    assert all(not one & other for one in of_records for other in of_records if one is not other)
    assert not set().union(*of_records) & set().union(*by_day.values())
    week = sets(net, "2025-W11")[str(LATER)]
    assert len(week) == len(by_day[str(LATER)])
    assert not week & by_day[str(LATER)]


def test_rows_of_a_week_and_a_month_stand_in_orders_of_their_own(net: Network) -> None:
    held = net.store / "restricted" / "seen"
    week, month = (
        pq.ParquetFile(held / f"{one}/site=mall/day={LATER}.parquet").read()
        for one in ("week=2025-W11", "month=2025-03")
    )
    for table in (week, month):
        assert table["visitor"].to_pylist() == sorted(table["visitor"].to_pylist())
    assert week["network"].null_count == len(week)
    assert set(month["network"].to_pylist()) == {0, 1, 2}
    order = [called(net, one, "2025-w11") for one in seen_on(7)], [called(net, one) for one in seen_on(7)]
    ranks = [[sorted(one).index(name) for name in one] for one in order]
    assert sum(one == other for one, other in zip(*ranks, strict=True)) < 12  # as chance has it: about one


def test_control_with_one_key_for_all_periods_a_week_joins_its_month(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(met_visitors, "epoch_of", lambda _period: "2025")
    net = network(tmp_path / "network")
    net.write("logs/mall/web/a.log", b"".join(whole_log(0)))
    assert [one.work for one in net.night(MONDAY).failures] == ["upkeep"]  # a key for no period is noticed
    assert sets(net, "2025-03") == sets(net, "2025-W10") != {}


def test_control_with_the_maps_kept_the_records_of_all_days_are_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Why the maps go when a day closes: two of them link whose requests are whose, from day to day."""
    net = network(tmp_path / "network")
    for place in (0, 1):
        net.write(f"logs/mall/web/{place}.log", b"".join(whole_log(place)))
    with pipeline.store_lock(net.settings):
        for file in pipeline.discover(net.settings, MONDAY).files:
            pipeline.deidentify_file(net.settings, file)

    def linked() -> int:
        maps = [pq.ParquetFile(path).read().to_pylist() for path in held_maps(net.settings)]
        known = [{row["month"]: row["visitor"] for row in one} for one in maps]
        return len(set.intersection(*(set(one) for one in known))) if len(known) == 2 else 0

    assert linked() == 130
    assert net.night(*WEEK[:2]).failures == ()
    assert linked() == 0


def test_after_the_close_nobody_can_be_called_again(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing.of(net.settings)
    assert called(net, 3) in held_bytes(net)  # with the key, somebody known is found
    assert net.night(LAST).failures == ()
    assert called(net, 3) not in held_bytes(net)
    ends = {one.name: one.destroy_after for one in pipeline.list_keys(net.settings)}
    today = dt.datetime.now(dt.UTC).date()
    assert ends["period/mall/2025-03"] == ends["period/mall/2025-w11"] == today
    assert ends["period/mall/2025-w14"] == today + dt.timedelta(days=45)  # its week was never closed
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    set_clock(monkeypatch, lambda: tomorrow)
    gone = set(pipeline.upkeep(net.settings).keys)
    assert gone == {f"period/mall/2025-{epoch}" for epoch in ("w10", "w11", "03")}
    for epoch in ("2025-w10", "2025-w11", "2025-03"):
        with pytest.raises(PrivacyRefusal, match="destroyed"):
            ring.key("period", "mall", epoch)


def test_a_late_day_of_a_closed_week_is_in_its_month_alone(net: Network) -> None:
    late = dt.date(2025, 3, 13)
    before = net.partitions()
    net.write("logs/mall/web/w14.log", b"".join(lines(dt.date(2025, 3, 16), seen_on(3))))
    assert net.night(dt.date(2025, 3, 16)).failures == ()  # W11 is closed
    net.write("logs/mall/web/late.log", b"".join(lines(late, seen_on(2))))
    assert [one.verdict for one in net.night(late).days] == ["published"]
    assert str(late) in sets(net, "2025-03")
    assert sets(net, "2025-W11") == {}
    assert before.items() <= net.partitions().items()
    assert net.night(LAST).failures == ()
    assert published(net, MONTHLY, "2025-03")[0]["visitor_days"] == 900 + 80 + 120


def test_a_day_that_left_no_set_keeps_its_month_from_being_counted(net: Network) -> None:
    for path in held_maps(net.settings):
        path.unlink()
    assert net.night(LAST).failures == ()
    assert str(LAST) in {
        one.name.partition("=")[2] for one in (net.store / "published/tables" / DAILY).iterdir()
    }
    for table in (MONTHLY, RETURNING):
        assert not (net.store / "published" / "tables" / table).exists()


def test_a_missing_key_is_missed(net: Network) -> None:
    KeyRing.of(net.settings).path("period", "mall", "2025-03").unlink()
    with pytest.raises(PrivacyRefusal, match="nothing says that it was destroyed"):
        net.night(LAST)


def request_of(visitor: int) -> ForgetRequest:
    return ForgetRequest(visitors=(NamedVisitor(address=address_of(visitor), agent=agent_of(visitor)),))


class Crashed(BaseException):
    """What no code of ours catches."""


def crash(*_: object) -> int:
    raise Crashed


@pytest.mark.parametrize("crashes", [False, True])
def test_who_is_forgotten_has_no_name_in_what_is_still_to_be_published(
    net: Network, crashes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closed days hold them in their published counts, so a name of nobody stands for each of these days."""
    wanted = {called(net, 5), called(net, 5, "2025-w11"), called(net, 5, "2025-w14")}
    assert wanted <= held_bytes(net)
    if crashes:
        with monkeypatch.context() as patch:
            patch.setattr(forgetting, "estrange", crash)
            with pytest.raises(Crashed):
                pipeline.forget(net.settings, request_of(5))
        assert wanted & held_bytes(net)
    else:
        pipeline.forget(net.settings, request_of(5))
        assert not wanted & held_bytes(net)
    assert net.night(LAST).failures == ()
    assert not wanted & held_bytes(net)
    days = [published(net, DAILY, str(day))[0]["visitor_count"] for day in DAYS]
    assert days[-1] == len(seen_on(8)) - 1
    [month] = published(net, MONTHLY, "2025-03")
    assert month["visitor_days"] == sum(days) == 899
    assert month["visitor_count"] == 310 - 1 + 8
    assert not list((net.store / "restricted" / "forgotten").rglob("month=*"))


@pytest.mark.parametrize("with_rule", [True, False])
def test_604_less_600(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, with_rule: bool) -> None:
    """Four published days of 150 with visitors of their own, and three withheld ones of the same 4.

    Control: without knowing of published parts the week is published, and tells of the four.
    """
    if not with_rule:
        monkeypatch.setattr(material, "told_in", lambda *_: ())
    net = network(tmp_path / "network")
    for place, day in enumerate(WEEK):
        visitors = range(150 * place, 150 * place + 150) if place < 4 else range(600, 604)
        net.write(f"logs/mall/web/{day}.log", b"".join(lines(day, visitors)))
    failures = net.night(*WEEK).failures
    assert failures == ()
    days = [published(net, DAILY, str(day))[0]["visitor_count"] for day in WEEK]
    assert days == [150] * 4 + [None] * 3
    [week] = published(net, WEEKLY, "2025-W10")
    if with_rule:
        assert (week["visitor_count"], week["visitor_days"]) == (None, None)
    else:
        assert week["visitor_count"] - sum(days[:4]) == 4
