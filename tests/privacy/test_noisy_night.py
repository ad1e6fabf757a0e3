"""A night with noise: what is published, again the same bytes, nothing exact beside it, and what it hides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import iesiz
from iesiz import doctor
from iesiz.aggregate import aggregate_day
from iesiz.behaviour import BEHAVIOUR, EACH_ALONE, Behaviour
from iesiz.choices import linked_to, refuse_unfit_choices
from iesiz.dashboard.figures import panel_facts, tile_facts
from iesiz.dashboard.pages import load_pages
from iesiz.datasets import load_datasets
from iesiz.errors import PrivacyRefusal, SettingsError
from iesiz.mechanisms import DP
from iesiz.night import NightCounts
from iesiz.noise_work import chosen_tables, may_be_released
from iesiz.periods import Grain, Period
from iesiz.publish.release import discard_staged
from iesiz.rule_settings import Thresholds
from iesiz.settings import Settings, load_settings
from iesiz.tables import load_tables
from iesiz.tools import audit_published, codebook_text
from tests.nights import DAY, NEXT, Network, line, log, network, site
from tests.noisy import (
    DAILY,
    LINKED,
    PAGES,
    SPECS,
    TODAY,
    VISITORS,
    budget,
    kinds,
    noisy_network,
    others,
    unpublished,
    with_noise,
)
from tests.statistics.test_cases import Row, day_of

SITES = (site("mall", "web"), site("shop", "web"))
TWO = "cells = 2, visitor_count = 1, pageview_count = 200"
OPEN = 'rho = "0.5"\ndelta = "1e-7"'
PAGED = "cells = 20, visitor_count = 1, pageview_count = 20"


def day_log() -> bytes:
    """250 visitors of two pages, and one of them who is alone with a third."""
    return log(DAY, range(1, 251)) + line(DAY, 7, "/ru/alone", 7)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Two nights of two sites, one of which nobody visits: visitors and pages with noise, devices too."""
    made = network(
        tmp_path_factory.mktemp("noisy") / "network",
        *SITES,
        budget(month="5", year="50"),
        with_noise(bounds=TWO, loss='rho = "0.5"'),
        with_noise(PAGES, bounds=PAGED, loss=OPEN),
        with_noise("daily_visits_by_device", loss='epsilon = "0.5"', bounds="cells = 2, visitor_count = 1"),
        others(PAGES, "daily_visits_by_device"),
    )
    made.write("logs/mall/web/access.log", day_log())
    return made


@pytest.fixture(scope="module")
def night(net: Network) -> NightCounts:
    return net.night(DAY)


def rows(net: Network, table: str) -> list[dict[str, Any]]:
    path = net.store / "published" / "tables" / table / f"day={DAY}" / "part-0.parquet"
    return list(pq.ParquetFile(path).read().to_pylist())


def test_noise_is_published_and_nothing_beside_it(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    tables = {path.name for path in (net.store / "published" / "tables").iterdir()}
    assert tables == {VISITORS, PAGES, "daily_visits_by_device"}
    found = {row["site"]: row for row in rows(net, VISITORS)}
    assert set(found) == {"mall", "shop"}  # nobody came to the shop, and no file of it: it has a row too
    assert all(row["status"] == "noisy" and row["duration_seconds"] is None for row in found.values())
    assert abs(found["mall"]["visitor_count"] - 250) < 20
    assert abs(found["shop"]["visitor_count"]) < 20


def test_a_label_is_shown_where_the_noise_finds_enough_and_not_because_it_is_there(
    net: Network, night: NightCounts
) -> None:
    pages = {(row["site"], row["page"]) for row in rows(net, PAGES)}
    assert night.exit_code == 0
    shown = [("mall", "/ru/news"), ("mall", "/ru/shops"), ("mall", "other"), ("shop", "other")]
    assert sorted(pages) == shown


def test_the_file_says_how_much_noise_it_holds(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    path = net.store / "published" / "tables" / VISITORS / f"day={DAY}" / "part-0.parquet"
    told = {key.decode(): value.decode() for key, value in pq.ParquetFile(path).metadata.metadata.items()}
    noise = json.loads(told["iesiz.noise"])
    assert (noise["mechanism"], noise["unit"], noise["rho"], noise["cells"]) == (
        "discrete gaussian", "visitor_day", "0.5", 2,
    )  # fmt: skip
    # sigma = 1 * sqrt(2 / (2 * 0.25)), half of rho for each of two columns; 1.96 of it in 95 of 100.
    assert float(noise["columns"]["visitor_count"]["scale"]) == pytest.approx(2.0)
    assert noise["columns"]["visitor_count"]["accuracy"] in (4, 5)
    assert "iesiz.lost_to_bounds" not in told  # an exact share would tell of the same visitors
    assert "noise" in told["iesiz.protection"]


def test_another_night_changes_no_byte_and_draws_nothing(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    before, drawn = net.partitions(), kinds(net.settings)
    again = net.night(DAY)
    assert [one.verdict for one in again.days] == ["already published"]
    assert net.partitions() == before
    assert kinds(net.settings) == drawn == ["reserve", "draw"] * 3


def test_the_audit_finds_nothing_and_needs_no_equation_of_noise(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    found = audit_published(net.settings, None, None)
    assert (found.findings, found.days) == ((), 1)


def test_the_audit_asks_for_the_draw_of_what_has_noise(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    path = net.store / "restricted" / "dp" / "ledger.jsonl"
    held = path.read_bytes()
    path.write_bytes(b"".join(held.splitlines(keepends=True)[:-1]))
    try:
        (said,) = audit_published(net.settings, None, None).findings
    finally:
        path.write_bytes(held)
    assert said.endswith(f"{DAY}: published with noise, and no draw is noted")


def test_readers_are_told_that_numbers_have_noise(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    with iesiz.open(net.store) as db:
        assert db.sql(f"select count(*) from visible_only('{VISITORS}')").fetchall() == [(2,)]
        (about,) = db.sql(f"select comment from duckdb_tables() where table_name = '{VISITORS}'").fetchall()
        assert "random noise" in about[0]
        (panel,) = (
            one for page in load_pages(SPECS.values()) for one in page.tiles if one.title == "visitors"
        )
        facts = tile_facts(db, panel, SPECS[VISITORS])
        assert (facts["state"], facts["value"]) == (
            "noisy",
            sum(r["visitor_count"] for r in rows(net, VISITORS)),
        )
        days = next(
            one for page in load_pages(SPECS.values()) for one in page.panels
            if (one.table, one.measure) == (VISITORS, "visitor_count")
        )  # fmt: skip
        assert {row[-1] for row in panel_facts(db, days, SPECS[VISITORS])["rows"]} == {"noisy"}


def test_no_exact_count_of_a_table_with_noise_is_kept(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    assert list((net.store / "restricted" / "exact" / f"day={DAY}").iterdir()) == []


def test_a_night_that_fails_after_the_draw_gives_the_same_draw_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = noisy_network(tmp_path / "network")
    made.write("logs/mall/web/access.log", log(DAY))

    def refuse(settings: Settings, *_: object) -> None:
        discard_staged(settings)
        raise PrivacyRefusal("the auditor found something")

    with monkeypatch.context() as patched:
        patched.setattr("iesiz.pipeline.audited", refuse)
        assert made.night(DAY).exit_code == 4
    (path,) = (made.store / "restricted" / "dp" / "draws").rglob("*.json")
    drawn = json.loads(path.read_bytes())["rows"]
    made.write("logs/mall/web/more.log", log(DAY, range(31, 90)))  # the day is open, so more may come
    assert made.night(DAY).exit_code == 0
    assert [rows(made, VISITORS)[0]["visitor_count"]] == [row["visitor_count"] for row in drawn]
    assert kinds(made.settings) == ["reserve", "draw"]


def test_a_spent_budget_refuses_the_day_and_publishes_nothing(tmp_path: Path) -> None:
    made = noisy_network(tmp_path / "network", budget(month="0.02"), with_noise(), others())
    made.write("logs/mall/web/access.log", log(DAY) + log(NEXT))
    done = made.night(DAY, NEXT)
    assert done.exit_code == 4
    assert [one.verdict for one in done.days] == ["published"]
    (path,) = (made.store / "published" / "tables").glob("*/*")
    assert path.name == f"day={DAY}"
    assert "0.015 of the budget of 2025-03" in str(done.failures)


# ---- what may stand beside noise ---------------------------------------------------------------------------


def refused(net: Network) -> str:
    with pytest.raises((PrivacyRefusal, SettingsError)) as error:
        refuse_unfit_choices(net.settings, load_tables(), load_datasets())
    return str(error.value)


@pytest.mark.parametrize("exact", [*LINKED, "visits"])
def test_noise_beside_exact_numbers_of_the_same_people_is_refused(exact: str, tmp_path: Path) -> None:
    net = noisy_network(tmp_path, budget(), with_noise(), others(exact))
    said = refused(net)
    assert exact in said
    assert "'dp' or 'none'" in said
    assert (tmp_path / "store").exists() is False


def test_a_night_with_exact_numbers_beside_noise_reserves_and_publishes_nothing(tmp_path: Path) -> None:
    net = noisy_network(tmp_path / "network", budget(), with_noise())
    net.write("logs/mall/web/access.log", log(DAY))
    with pytest.raises(PrivacyRefusal, match="would hide nothing beside"):
        net.night(DAY)
    assert kinds(net.settings) == []
    assert not (net.store / "published" / "tables").exists()


def test_tables_of_other_people_stay_as_they_are(tmp_path: Path) -> None:
    net = noisy_network(tmp_path)
    chosen = chosen_tables(net.settings, load_tables(), TODAY)
    assert [spec.name for spec in chosen.exact] == ["daily_registrations_by_region"]
    assert [spec.name for spec in chosen.noisy] == [VISITORS]
    assert linked_to("daily_registrations_by_region", load_tables()).isdisjoint(LINKED)


def test_a_table_of_the_same_people_is_linked_without_a_link() -> None:
    alone = replace(SPECS[VISITORS], name="monthly_visitors_by_nothing", links=())
    assert alone.name in linked_to(VISITORS, [*SPECS.values(), alone])


def test_by_default_every_table_is_exact(tmp_path: Path) -> None:
    net = network(tmp_path)
    chosen = chosen_tables(net.settings, load_tables(), TODAY)
    assert {spec.name for spec in chosen.exact} == {one.name for one in load_tables() if one.grain == "day"}
    assert (chosen.noisy, chosen.left_out) == ((), ())


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (unpublished("daily_visitors"), "no table or microdata are called so"),
        (with_noise("monthly_registrations_by_channel"), "its table.toml has no [dp]"),
        (with_noise(bounds="cells = 1, visit_count = 20"), "bounds name cells, visitor_count"),
        (with_noise().replace("visitor_day", "person"), "unit is 'visitor_day'"),
        (with_noise(PAGES, bounds=PAGED), "delta is needed"),
        (with_noise(PAGES, OPEN, "cells = 9, visitor_count = 1"), "adds up to 10"),
        (with_noise(bounds="cells = 1, visitor_count = 1, pageview_count = 199"), "adds up to 200"),
    ],
)  # fmt: skip
def test_a_choice_that_does_not_fit_its_table_is_refused(part: str, said: str, tmp_path: Path) -> None:
    assert said in refused(noisy_network(tmp_path, budget(), part, others(PAGES)))


def test_bounds_grow_with_the_sites(tmp_path: Path) -> None:
    one = "cells = 1, visitor_count = 1"
    net = network(tmp_path, *SITES, budget(), with_noise(bounds=one), others())
    assert "bounds.cells is 1, but one visitor_day adds up to 2" in refused(net)


def test_what_was_exact_on_a_day_has_no_noise_on_it_later_and_the_other_way_round(
    net: Network, night: NightCounts
) -> None:
    assert night.exit_code == 0
    quiet = net.settings.model_copy(update={"tables": {}})
    chosen = chosen_tables(quiet, load_tables(), TODAY)
    assert len(chosen.left_out) == len(DAILY) + 1
    assert [spec.name for spec in chosen.exact] == ["daily_registrations_by_region"]
    assert len(chosen_tables(quiet, load_tables(), Period(Grain.DAY, NEXT)).exact) == len(DAILY) + 2
    (visits,) = (one for one in load_datasets() if one.name == "visits")
    assert not may_be_released(quiet, visits, Period.of(Grain.MONTH, DAY))
    assert may_be_released(quiet, visits, Period.named("2025-04"))


# ---- what the bounds of the counts are ---------------------------------------------------------------------


def requests() -> Iterator[Row]:
    """A site whose log has assets by a hair: bare readers of many pages are robots by what the others did."""
    for number in range(4):
        yield {"at": "09:00:00", "visitor": f"p{number}", "route": "/a"}
        yield {"at": "10:00:00", "visitor": f"p{number}", "route": "/b"}
    yield {"at": "09:01:00", "visitor": "p0", "resource": "asset", "route": "/static/{file}.css"}
    yield {"at": "09:02:00", "visitor": "p0", "resource": "asset", "route": "/static/{file}.css"}
    for number in range(12):
        for page in range(25):
            yield {"at": f"11:{page:02}:00", "visitor": f"r{number}", "route": f"/r{page}"}


def counts(folder: Path, table: str, held: list[Row], behaviour: Behaviour) -> dict[tuple[Any, ...], Any]:
    day = day_of(folder, {"requests": held})
    given = replace(day, behaviour=behaviour, open_labels=frozenset({PAGES}))
    (cells,) = aggregate_day(given, [SPECS[table]], Thresholds(), threads=1)
    return {tuple(row[name] for name in SPECS[table].dimensions): row for row in cells.table.to_pylist()}


def changed(folder: Path, table: str, behaviour: Behaviour, column: str) -> tuple[int, int]:
    """The most cells, and the most in one, that leaving one visitor out changes."""
    held = list(requests())
    whole = counts(folder / "all", table, held, behaviour)
    most_cells = most = 0
    for visitor in ("p0", "p1", "r0"):
        rest = counts(folder / visitor, table, [one for one in held if one["visitor"] != visitor], behaviour)
        moved = [
            abs(whole.get(key, {}).get(column, 0) - rest.get(key, {}).get(column, 0))
            for key in {*whole, *rest}
        ]
        most_cells, most = max(most_cells, sum(one > 0 for one in moved)), max(most, *moved)
    return most_cells, most


@pytest.mark.parametrize(
    ("table", "column"),
    [(name, one) for name, spec in SPECS.items() if spec.contribution for one in spec.contribution.columns],
)
def test_one_visitor_less_changes_no_more_than_the_bounds(table: str, column: str, tmp_path: Path) -> None:
    contribution = SPECS[table].contribution
    assert contribution is not None
    cells, most = changed(tmp_path, table, EACH_ALONE, column)
    assert 0 < cells <= contribution.most_cells(1)
    assert 0 < most <= contribution.most(column)


def test_control_robots_by_what_others_did_change_more(tmp_path: Path) -> None:
    _, most = changed(tmp_path, VISITORS, BEHAVIOUR, "visitor_count")
    assert most > 1


# ---- what is said of it ------------------------------------------------------------------------------------


def test_the_codebook_says_what_a_day_a_month_and_a_year_mean(tmp_path: Path) -> None:
    text = codebook_text(noisy_network(tmp_path).settings, html=False)
    part = text.split("## What the noise adds up to")[1].split("\n## ")[0]
    # 0.015 + 2 sqrt(0.015 ln 10^6), with 31 and 366 times as much: 0.93, 5.53 and 22.91, rounded up, and
    # e^x / (1 + e^x).
    assert "| one period | 0.015 | 1.0 | 0.000001 | at most 71.7 % |" in part
    assert "| a month of 31 days | 0.465 | 5.6 | 0.000001 | at most 99.7 % |" in part
    assert "| a year of 366 days | 5.49 | 23.0 | 0.000001 | no bound worth the name |" in part
    assert "rho 0.465 in a calendar month and 5.49 in a year" in part
    own = text.split(f"## `{VISITORS}`")[1].split("\n## ")[0]
    # sigma = sqrt(1 / 0.03), 1.96 of it rounded up.
    assert "`visitor_count` is within about 12 of the exact number" in own
    assert "may be negative" in own
    plain = codebook_text(network(tmp_path / "plain").settings, html=False)
    assert "noise adds up" not in plain


def test_pure_losses_are_added_up_where_that_is_less(tmp_path: Path) -> None:
    net = noisy_network(tmp_path, budget(), with_noise(loss='epsilon = "0.01"'), others())
    part = codebook_text(net.settings, html=False).split("## What the noise adds up to")[1]
    assert "| one period | 0.00005 | 0.1 | 0 |" in part
    assert "| a year of 366 days | 0.0183 | 1.1 | 0.000001 |" in part  # 366 times 0.01 would be 3.7


def findings(settings: Settings) -> list[str]:
    return [one.problem for one in doctor.CHECKS["noise"](settings)]


def test_the_doctor_finds_what_would_keep_noise_from_being_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert findings(noisy_network(tmp_path / "a").settings) == []
    assert findings(network(tmp_path / "b").settings) == []
    (said,) = findings(noisy_network(tmp_path / "c", budget(year="5"), with_noise(), others()).settings)
    assert "a year of days costs each visitor_day rho 5.49, and dp.year is 5" in said
    (said,) = findings(noisy_network(tmp_path / "d", budget(), with_noise()).settings)
    assert "would hide nothing beside" in said
    monkeypatch.setattr("iesiz.dp.noise.find_spec", lambda _: None)
    (said,) = findings(noisy_network(tmp_path / "e").settings)
    assert "pip install 'iesiz[dp]'" in said


def test_status_shows_what_is_left(net: Network, night: NightCounts) -> None:
    assert night.exit_code == 0
    shown = json.loads(net.asked("status", "--json").stdout)
    month = next(one for one in shown["budgets"] if one["epoch"] == "2025-03")
    # 0.5 and 0.5, and of epsilon 0.5 its square's half.
    assert (month["unit"], month["spent"], month["left"]) == ("visitor_day", "1.125", "3.875")
    assert month["delta"] == "0.0000001"
    assert "privacy budget" in net.asked("status").stdout.decode()


def test_the_example_in_the_settings_file_is_one_that_works(tmp_path: Path) -> None:
    from importlib import resources

    text = resources.files("iesiz").joinpath("iesiz.toml").read_text("utf-8")
    start = text.index("# [tables.daily_visitors_by_site]")
    end = text.index("[reading]")
    example = "\n".join(
        one.removeprefix("# ") for one in text[start:end].splitlines() if "=" in one or "[" in one
    )
    path = tmp_path / "iesiz.toml"
    path.write_text(text + "\n" + example + "\n" + others(), "utf-8")
    settings = load_settings(path)
    assert settings.tables[VISITORS].mechanism == DP
    assert refuse_unfit_choices(settings, load_tables(), load_datasets()) == (VISITORS,)
    assert findings(settings) == []
