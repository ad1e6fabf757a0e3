"""A declared revision: late lines are taken in, or refused where new minus old tells of a few."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from iesiz import pipeline, revising, revision_input, revision_rules
from iesiz.bounds import BOUNDS
from iesiz.counts import PeriodCounts
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.forget_request import ForgetRequest, NamedVisitor
from iesiz.ledger import Ledger
from iesiz.periods import Grain, Period
from iesiz.publish import release, verify_store
from iesiz.reader import ask
from iesiz.rule_settings import Thresholds
from iesiz.status import status_of
from iesiz.storage import remove_tree
from iesiz.tables import Cells, load_tables
from iesiz.tools import audit_published
from tests.clock import set_clock
from tests.nights import BROWSER, DAY, NETWORKS, NEXT, Network, line, log, network, site

WHY = "the second server's file came after the night"


def rows(net: Network, day: dt.date = DAY) -> dict[str, list[dict[str, Any]]]:
    """What readers find of a day, by table."""
    found = sorted((net.store / "published" / "tables").glob(f"*/day={day}/part-0.parquet"))
    return {path.parts[-3]: pq.ParquetFile(path).read().to_pylist() for path in found}


def revise(net: Network, because: str = WHY, site: str | None = None) -> PeriodCounts:
    with pipeline.store_lock(net.settings):
        done = pipeline.revise(net.settings, DAY, because, site)
        pipeline.build_catalog(net.settings)
    return done


@pytest.fixture(scope="module")
def with_thirty_more(one_day: Network, tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The same with thirty others in a file that came late; never written to."""
    return with_late(one_day, tmp_path_factory.mktemp("late") / "network", log(DAY, range(31, 61)))


@pytest.fixture
def net(with_thirty_more: Network, tmp_path: Path) -> Network:
    return with_thirty_more.copy_to(tmp_path / "network")


def with_late(held: Network, base: Path, late: bytes) -> Network:
    """A copy of a network whose day is published, and a file of that day that came after it."""
    net = held.copy_to(base)
    net.write("logs/mall/web/late.log", late)
    net.night(DAY)
    return net


def people(net: Network) -> dict[str, int]:
    """The visitors of the one hour that a log fills, by site."""
    cells = rows(net)["hourly_requests_by_status"]
    return {row["site"]: row["visitor_count"] for row in cells if row["visitor_count"] is not None}


def last_entry(net: Network) -> dict[str, Any]:
    return dict(Ledger(net.store / "restricted" / "ledger.jsonl").entries("day")[-1].facts)


def exact_counts(net: Network, folder: str = "") -> dict[str, list[dict[str, Any]]]:
    """What was counted of a day before anything was withheld, by table, without what only rules read."""
    held = net.store / "restricted" / "exact" / f"day={DAY}" / folder
    tables = {path.stem: pq.ParquetFile(path).read() for path in sorted(held.glob("*.parquet"))}
    own = {one.name: {column.name for column in one.columns} for one in load_tables()}
    return {
        name: table.select([one for one in table.column_names if one in own[name]]).to_pylist()
        for name, table in tables.items()
    }


def test_a_revised_day_is_that_of_one_clean_run(tmp_path: Path, net: Network) -> None:
    clean = network(tmp_path / "clean")
    clean.write("logs/mall/web/access.log", log(DAY))
    clean.write("logs/mall/web/late.log", log(DAY, range(31, 61)))
    clean.night(DAY)
    before = rows(net)
    assert revise(net).verdict == "revised"
    assert exact_counts(net, "revision=1") == exact_counts(clean) != exact_counts(net)
    true = exact_counts(clean)
    for name, cells in rows(net).items():
        for row, held, was in zip(cells, true[name], before[name], strict=True):
            if row["status"] == "published":
                assert row.items() - {("status", "published")} <= held.items()
            assert row["status"] == was["status"]
    [day] = status_of(net.settings).days
    assert (day.lines, day.late, day.revision) == (120, 0, 1)


def test_what_a_revision_replaces_is_kept_recorded_and_audited(net: Network) -> None:
    before = net.partitions()
    revise(net)
    after = net.published()
    kept = {
        name.replace("tables/", "superseded/tables/").replace("/part-", "/revision=0/part-"): digest
        for name, digest in before.items()
        if name.startswith("tables/")
    }
    assert kept
    assert kept.items() <= after.items()
    assert verify_store(net.settings) == ()
    entry = last_entry(net)
    facts = {name: entry[name] for name in ("revision", "because", "lines", "revised_sites", "sites")}
    assert facts == {
        "revision": 1,
        "because": WHY,
        "lines": 60,
        "revised_sites": ["mall"],
        "sites": ["mall"],
    }
    public = Ledger(net.store / "published" / "ledger.jsonl").entries("release")
    assert {one.facts["revision"] for one in public} == {0, 1}
    assert WHY not in (net.store / "published" / "ledger.jsonl").read_text()
    found = audit_published(net.settings, None, None)
    assert (found.findings, found.days) == ((), 1)
    [old] = sorted((net.store / "published" / "superseded").rglob("daily_visitors_by_site/**/part-0.parquet"))
    old.write_bytes(old.read_bytes() + b"x")
    assert len(audit_published(net.settings, None, None).findings) == 1


def test_readers_see_the_newest_numbers_only(net: Network) -> None:
    revise(net)
    query = "select visitor_count from hourly_requests_by_status where status = 'published'"
    assert ask(net.settings.catalog, query).rows == ((60,),)
    answer = ask(net.settings.catalog, "select has_late_lines from days where state = 'published' limit 1")
    assert answer.rows == ((False,),)
    assert "superseded" not in (net.store / "published" / "views.sql").read_text()


def test_a_day_is_revised_twice_and_each_time_from_the_last(net: Network) -> None:
    revise(net)
    net.write("logs/mall/web/more.log", log(DAY, range(61, 91)))
    net.night(DAY)
    assert revise(net, "and a third one").verdict == "revised"
    assert people(net) == {"mall": 90}
    assert (last_entry(net)["revision"], last_entry(net)["lines"]) == (2, 60)
    assert verify_store(net.settings) == ()
    held = list((net.store / "published" / "superseded").rglob("daily_visitors_by_site/**/*.parquet"))
    assert len(held) == 2
    with pytest.raises(SettingsError, match="no late lines"):
        revise(net)


def test_the_keeping_time_runs_from_the_first_publication(net: Network) -> None:
    [before] = status_of(net.settings).days
    revise(net)
    [after] = status_of(net.settings).days
    assert after.delete_after == before.delete_after


def test_a_small_difference_is_refused_and_changes_nothing(one_day: Network, tmp_path: Path) -> None:
    net = with_late(one_day, tmp_path / "network", log(DAY, range(31, 35)))
    before = net.everything()
    with pytest.raises(PrivacyRefusal, match="fewer people than the differencing rule asks for"):
        revise(net)
    assert net.everything() == before
    [day] = status_of(net.settings).days
    assert (day.late, day.revision) == (8, 0)


def test_control_without_the_rule_revision_minus_original_is_four_people(
    one_day: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = with_late(one_day, tmp_path / "network", log(DAY, range(31, 35)))
    old = people(net)["mall"]
    for name in ("refuse_small_differences", "refuse_withheld"):
        monkeypatch.setattr(revising, name, lambda *_: None)
    monkeypatch.setattr(revising, "with_differences", lambda exact, *_: without_any(exact))
    revise(net)
    assert people(net)["mall"] - old == 4


def without_any(exact: Sequence[Cells]) -> tuple[Cells, ...]:
    """As if nobody had changed anything."""
    return revision_rules.with_differences(exact, exact, {}, Thresholds())


def test_one_more_request_of_somebody_who_was_counted_is_refused(one_day: Network, tmp_path: Path) -> None:
    """The visitors are the same thirty; one of them has made another request."""
    net = with_late(one_day, tmp_path / "network", line(DAY, 1, "/ru/shops", 200))
    with pytest.raises(PrivacyRefusal, match="fewer people"):
        revise(net)


def test_many_who_change_something_do_not_hide_the_one_who_is_new(one_day: Network, tmp_path: Path) -> None:
    more = b"".join(line(DAY, one, "/ru/shops", 200) for one in range(1, 31))
    net = with_late(one_day, tmp_path / "network", more + log(DAY, [31]))
    with pytest.raises(PrivacyRefusal, match="fewer people"):
        revise(net)


def test_people_of_two_networks_are_too_few_however_many_they_are(one_day: Network, tmp_path: Path) -> None:
    late = [one for one in range(31, 120) if one % 3]
    net = with_late(one_day, tmp_path / "network", log(DAY, late))
    with pytest.raises(PrivacyRefusal, match="fewer people"):
        revise(net)


def test_a_missing_site_is_brought_in(tmp_path: Path) -> None:
    net = network(tmp_path, site("mall", "web"), site("club", "web"))
    net.write("logs/mall/web/access.log", log(DAY))
    net.night(DAY)
    net.write("logs/club/web/access.log", log(DAY, range(1, 41)))
    net.write("logs/mall/web/late.log", log(DAY, range(31, 33)))
    net.night(DAY)
    assert people(net) == {"mall": 30}
    with pytest.raises(PrivacyRefusal, match="fewer people"):
        revise(net)
    assert revise(net, site="club").verdict == "revised"
    assert people(net) == {"club": 40, "mall": 30}
    [day] = status_of(net.settings).days
    assert (day.missing, dict(day.late_by_site), day.sites) == ((), {"mall": 4}, ("club", "mall"))


def test_people_who_ask_to_be_forgotten_leave_what_lies_aside_and_not_what_was_published(
    net: Network,
) -> None:
    """One of the published, so that the revision minus the original is not him, and one who came late."""
    named = tuple(NamedVisitor(address=f"{NETWORKS[one % 3]}.{one}", agent=BROWSER) for one in (1, 31))
    with pipeline.store_lock(net.settings):
        done = pipeline.forget(net.settings, ForgetRequest(visitors=named))
    assert (done.rows, done.days) == (2, (DAY,))
    net.write("logs/mall/web/again.log", line(DAY, 31, second=300))
    net.night(DAY)
    revise(net)
    assert people(net) == {"mall": 59}


@pytest.mark.parametrize(
    ("because", "error", "says"),
    [
        ("  ", SettingsError, "needs a reason"),
        ("two\nlines", SettingsError, "needs a reason"),
        ("x" * 501, SettingsError, "needs a reason"),
        ("ask a.person@mail.example", PrivacyRefusal, "looks like an identifier"),
    ],
)
def test_a_reason_is_asked_for_and_names_nobody(
    net: Network, because: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says) as refused:
        revise(net, because)
    assert "mail.example" not in str(refused.value)


def test_a_day_that_is_not_published_needs_no_revision(net: Network) -> None:
    with pipeline.store_lock(net.settings), pytest.raises(SettingsError, match="is not published"):
        pipeline.revise(net.settings, NEXT, WHY)


def test_after_the_keys_have_gone_a_revision_is_refused(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=9)
    set_clock(monkeypatch, lambda: later)
    with pipeline.store_lock(net.settings):
        pipeline.upkeep(net.settings)
    before = net.partitions()
    with pytest.raises(PrivacyRefusal, match="end of their time"):
        revise(net)
    net.write("logs/mall/web/later.log", log(DAY, range(61, 91)))
    [counts] = [one for one in net.night(DAY).files if one.name == "later.log"]
    assert dict(counts.late) == {DAY.isoformat(): 60}
    assert not list((net.store / "restricted" / "requests").rglob("*.parquet"))
    assert net.partitions() == before


def test_after_the_exact_counts_have_expired_a_revision_is_refused(net: Network) -> None:
    remove_tree(net.store / "restricted" / "exact" / f"day={DAY}")
    with pytest.raises(PrivacyRefusal, match="exact counts have expired"):
        revise(net)


def test_labels_stay_those_that_were_shown(net: Network) -> None:
    text = (
        (net.base / "iesiz.toml").read_text().replace('name = "mall"', 'name = "mall"\nroutes = ["/ru/new"]')
    )
    net.write("iesiz.toml", text.encode())
    revise(net)
    assert people(net) == {"mall": 60}
    assert {row["page"] for row in rows(net)["daily_pageviews_by_page"]} == {"/ru/news", "/ru/shops", "other"}


def test_a_day_that_cannot_be_made_again_as_it_was_is_refused(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other bounds than those of the first publication: what they change is nobody's late line."""
    given = revision_input.input_of
    tighter = replace(BOUNDS, request_hits=1)
    monkeypatch.setattr(
        revision_input, "input_of", lambda *arguments: replace(given(*arguments), bounds=tighter)
    )
    with pytest.raises(PrivacyRefusal, match="can't be made again as it was"):
        revise(net)


def test_a_day_with_noise_is_refused(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second draw would be averaged with the first."""
    read = revision_input.read_published
    monkeypatch.setattr(
        revision_input,
        "read_published",
        lambda *given: tuple(replace(one, noise={"epsilon": "1"}) for one in read(*given)),
    )
    with pytest.raises(PrivacyRefusal, match="numbers with noise"):
        revise(net)


def test_a_published_week_of_the_logs_holds_its_days(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    week, known = Period.of(Grain.WEEK, DAY), revision_input.published_periods
    spec = next(one for one in load_tables() if one.name == "daily_visitors_by_site")
    weekly = replace(spec, name="weekly_visitors_by_site", grain=Grain.WEEK)
    monkeypatch.setattr(revision_input, "load_tables", lambda: (weekly,))
    monkeypatch.setattr(
        revision_input,
        "published_periods",
        lambda settings, grain: {week: {}} if grain is Grain.WEEK else known(settings, grain),
    )
    with pytest.raises(PrivacyRefusal, match="2025-W10 is published and made of it"):
        revise(net)


def test_the_command_says_what_it_did_or_which_rule_forbids_it(net: Network) -> None:
    done = net.asked("revise", "--day", str(DAY), "--because", WHY, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "revised"
    again = net.asked("revise", "--day", str(DAY), "--because", WHY)
    assert (again.returncode, again.stdout) == (2, b"")
    named = net.asked("revise", "--day", str(DAY), "--because", "192.0.2.7 was left out")
    assert named.returncode == 4
    assert b"192.0.2.7" not in named.stderr


class Crashed(BaseException):
    """The machine stopped."""


QUICK = (0, 12, 34)
STEPS = [step if step in QUICK else pytest.param(step, marks=pytest.mark.slow) for step in range(35)]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_any_two_steps_leaves_the_old_or_the_new(
    net: Network, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter(range(step, -1, -1))

    def stopping(function: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            if next(left, -1) == 0:
                raise Crashed
            return function(*given, **named)

        return call

    with monkeypatch.context() as patch:
        for name in ("put_in_place", "write_bytes"):
            patch.setattr(release, name, stopping(getattr(release, name)))
        patch.setattr(Ledger, "append", stopping(Ledger.append))
        with contextlib.suppress(Crashed):
            revise(net)
    assert next(left, -1) == -1 or step == STEPS[-1]
    net.night(DAY)
    assert verify_store(net.settings) == ()
    [day] = status_of(net.settings).days
    assert (people(net)["mall"], day.revision, day.late) == ((60, 1, 0) if step else (30, 0, 60))
    if not step:
        assert revise(net).verdict == "revised"
        assert verify_store(net.settings) == ()
