"""The budget is reserved before a draw, refused when spent, never given back; a draw is given again."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from iesiz.choices import choice_of
from iesiz.dp import Account, Declaration, noisy_cells
from iesiz.dp import release as room
from iesiz.dp.budget import epochs_of
from iesiz.errors import OutsideError, PrivacyRefusal, SettingsError
from iesiz.ledger import Ledger
from iesiz.mechanisms import DpBudget
from iesiz.periods import Grain, Period
from iesiz.settings import Settings, load_settings
from iesiz.storage import prepare_store
from tests.nights import DAY
from tests.noisy import (
    SPECS,
    TODAY,
    VISITORS,
    budget,
    exact,
    kinds,
    ledger,
    noisy_network,
    others,
    with_noise,
)

RHO = Declaration("visitor_day", 1, {"visitor_count": 1}, rho=Decimal("0.015"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = noisy_network(tmp_path).settings
    prepare_store(made)
    return made


def account(folder: Path, month: str = "0.045", year: str = "0.06") -> Account:
    return Account(Ledger(folder / "ledger.jsonl"), DpBudget(month=month, year=year))


def day(number: int, month: int = 3) -> Period:
    return Period(Grain.DAY, dt.date(2025, month, number))


# ---- amounts and epochs ------------------------------------------------------------------------------------


def test_a_month_is_spent_to_the_last_digit_and_not_beyond(tmp_path: Path) -> None:
    held = account(tmp_path)
    for number in (1, 2, 3):
        held.reserve(VISITORS, day(number), RHO)
    assert held.balance("visitor_day", "2025-03").left == "0"
    before = (tmp_path / "ledger.jsonl").read_bytes()
    with pytest.raises(PrivacyRefusal, match=r"0\.015 of the budget of 2025-03, of which 0\.045 of 0\.045"):
        held.reserve(VISITORS, day(4), RHO)
    assert (tmp_path / "ledger.jsonl").read_bytes() == before


def test_a_year_holds_what_its_months_do_not(tmp_path: Path) -> None:
    held = account(tmp_path)
    for number in (1, 2, 3):
        held.reserve(VISITORS, day(number), RHO)
    held.reserve(VISITORS, day(1, month=4), RHO)
    with pytest.raises(PrivacyRefusal, match="of the budget of 2025, of which"):
        held.reserve(VISITORS, day(2, month=4), RHO)
    held.reserve(VISITORS, Period(Grain.DAY, dt.date(2026, 1, 1)), RHO)


def test_tables_of_one_unit_share_a_budget_and_other_units_have_their_own(tmp_path: Path) -> None:
    held = account(tmp_path, month="0.02")
    held.reserve(VISITORS, day(1), RHO)
    with pytest.raises(PrivacyRefusal, match="budget of 2025-03"):
        held.reserve("daily_visits_by_device", day(1), RHO)
    held.reserve(
        "daily_registrations_by_region", day(1), Declaration("person", 1, {"x": 1}, rho=Decimal("0.015"))
    )


def test_a_period_in_two_months_counts_in_both() -> None:
    assert epochs_of(Period.named("2025-W01")) == ("2024", "2024-12", "2025", "2025-01")
    assert epochs_of(Period.named("2025-Q1")) == ("2025", "2025-01", "2025-02", "2025-03")


def test_epsilon_costs_what_it_implies_exactly(tmp_path: Path) -> None:
    held = account(tmp_path)
    held.reserve(
        VISITORS, day(1), Declaration("visitor_day", 1, {"visitor_count": 1}, epsilon=Decimal("0.1"))
    )
    assert held.spent("visitor_day", "2025-03") == Decimal("0.005")


@pytest.mark.parametrize(
    "wrong", ["NaN", "sNaN", "Infinity", "-0.015", "0", "1e-310", "5e-324", "1000", "0.0150000000000001"]
)
@pytest.mark.parametrize("what", ["rho", "epsilon", "delta"])
def test_an_amount_that_cannot_be_meant_never_reaches_the_ledger(
    what: str, wrong: str, tmp_path: Path
) -> None:
    amounts = {"rho": Decimal("0.015")} if what == "delta" else {}
    with pytest.raises(PrivacyRefusal, match="A loss of privacy"):
        account(tmp_path).reserve(
            VISITORS, day(1), Declaration("visitor_day", 1, {"x": 1}, **{**amounts, what: Decimal(wrong)})
        )
    assert not (tmp_path / "ledger.jsonl").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('rho = "0.015"', "rho = 0.015", "in quotes"),
        ('rho = "0.015"', "rho = nan", "in quotes"),
        ('rho = "0.015"', 'rho = "NaN"', "in quotes"),
        ('rho = "0.015"', 'rho = "-1"', "in quotes"),
        ('rho = "0.015"', 'rho = "1e-320"', "in quotes"),
        ('rho = "0.015"', 'rho = "0.015"\nepsilon = "1"', "either rho or epsilon"),
        ('rho = "0.015"', 'rho = "0.015"\ndelta = "0.01"', "delta is at most"),
        ("unit = 'visitor_day'", "", "needs unit"),
        ("unit = 'visitor_day'", "unit = 'hour'", "unit"),
        ("cells = 1, visitor_count = 1", "cells = 1", "and a column"),
        ("cells = 1", "cells = 0", "greater than or equal to 1"),
        ('month = "0.465"', 'month = "6"', "larger than the year"),
        ('month = "0.465"', "month = inf", "in quotes"),
        (budget(), "", r"needs \[dp\]"),
        ("mechanism = 'dp'", "mechanism = 'suppression'", "belong to mechanism"),
        ("mechanism = 'dp'", "mechanism = 'off'", "mechanism"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = noisy_network(tmp_path).base / "iesiz.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(path)


def test_without_a_budget_nothing_is_reserved(tmp_path: Path) -> None:
    held = Account(Ledger(tmp_path / "ledger.jsonl"), None)
    with pytest.raises(PrivacyRefusal, match=r"no \[dp\]"):
        held.reserve(VISITORS, day(1), RHO)


# ---- draws -------------------------------------------------------------------------------------------------


def release(settings: Settings, count: int = 30) -> list[dict[str, object]]:
    declared = Declaration.of(choice_of(settings, VISITORS), SPECS[VISITORS])
    rows: list[dict[str, object]] = noisy_cells(settings, exact(count), TODAY, declared).table.to_pylist()
    return rows


def test_what_was_drawn_is_given_again_whatever_the_counts_are_now(settings: Settings) -> None:
    first = release(settings, 30)
    assert all(release(settings, count) == first for count in (30, 31, 5000))
    assert kinds(settings) == ["reserve", "draw"]


def test_control_another_store_draws_other_numbers(tmp_path: Path) -> None:
    drawn = set()
    for number in range(6):
        made = noisy_network(tmp_path / str(number)).settings
        prepare_store(made)
        drawn.add(str(release(made)))
    assert len(drawn) > 1


def test_the_draw_holds_neither_counts_nor_a_seed(settings: Settings) -> None:
    (row,) = release(settings, 7_654_321)
    (path,) = (settings.restricted / "dp" / "draws").rglob("*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text("utf-8")
    assert str(row["visitor_count"]) in text
    if row["visitor_count"] != 7_654_321:
        assert "7654321" not in text
    assert "seed" not in text
    assert row == {
        "site": "mall", "visitor_count": row["visitor_count"], "visit_count": None, "pageview_count": None,
        "duration_seconds": None, "status": "noisy",
    }  # fmt: skip


def test_another_declaration_after_the_draw_gives_the_same_draw(tmp_path: Path) -> None:
    net = noisy_network(tmp_path)
    prepare_store(net.settings)
    first = release(net.settings)
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8").replace('rho = "0.015"', 'rho = "0.4"'), "utf-8")
    assert release(net.settings) == first
    assert kinds(net.settings) == ["reserve", "draw"]


def test_a_crash_before_the_draw_leaves_it_spent_and_is_gone_on_with(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise OutsideError("power failed")

    with monkeypatch.context() as patched:
        patched.setattr(room, "draw", die)
        with pytest.raises(OutsideError):
            release(settings)
    assert kinds(settings) == ["reserve"]
    assert Account.of(settings).spent("visitor_day", "2025-03") == Decimal("0.015")
    first = release(settings)
    assert kinds(settings) == ["reserve", "draw"]
    assert release(settings) == first


def test_a_crash_and_then_another_loss_spends_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net = noisy_network(tmp_path)
    prepare_store(net.settings)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(room, "keep_draw", die)
        with pytest.raises(KeyboardInterrupt):
            release(net.settings)
    path = net.base / "iesiz.toml"
    path.write_text(path.read_text("utf-8").replace('rho = "0.015"', 'rho = "0.02"'), "utf-8")
    release(net.settings)
    assert Account.of(net.settings).spent("visitor_day", "2025-03") == Decimal("0.035")


KILLED = """
import os, signal, sys
from pathlib import Path
from iesiz.dp import draws, release as room
from tests.noisy import TODAY, VISITORS, SPECS, exact
from iesiz.choices import choice_of
from iesiz.dp import Declaration, noisy_cells
from iesiz.settings import load_settings

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

places = {"reserved": (room, "draw"), "drawn": (draws, "write_secret"), "kept": (draws, "_note")}
setattr(*places[sys.argv[1]], die)
settings = load_settings(Path(sys.argv[2]))
noisy_cells(settings, exact(30), TODAY, Declaration.of(choice_of(settings, VISITORS), SPECS[VISITORS]))
"""


@pytest.mark.parametrize("moment", ["reserved", "drawn", "kept"])
def test_a_process_that_is_killed_neither_gives_back_nor_draws_twice(moment: str, tmp_path: Path) -> None:
    net = noisy_network(tmp_path)
    prepare_store(net.settings)
    code = [sys.executable, "-c", KILLED, moment, str(net.base / "iesiz.toml")]
    killed = subprocess.run(code, cwd=Path(__file__).parents[2], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert kinds(net.settings) == ["reserve"]
    kept = [path.read_bytes() for path in (net.settings.restricted / "dp" / "draws").rglob("*.json")]
    assert len(kept) == (moment == "kept")
    first = release(net.settings)
    assert kinds(net.settings) == ["reserve", "draw"]
    assert ledger(net.settings)[1]["reservation"] == ledger(net.settings)[0]["chain"]
    if kept:
        (path,) = (net.settings.restricted / "dp" / "draws").rglob("*.json")
        assert path.read_bytes() == kept[0]
    assert release(net.settings) == first
    assert Account.of(net.settings).spent("visitor_day", "2025") == Decimal("0.015")


def lose(path: Path) -> None:
    path.unlink()


def change(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace('"visitor_count": ', '"visitor_count": 1'), "utf-8")


@pytest.mark.parametrize("spoil", [lose, change])
def test_a_draw_that_is_lost_or_changed_is_never_made_anew(spoil: object, settings: Settings) -> None:
    release(settings)
    (path,) = (settings.restricted / "dp" / "draws").rglob("*.json")
    assert callable(spoil)
    spoil(path)
    with pytest.raises(PrivacyRefusal, match="never made twice"):
        release(settings)
    assert kinds(settings) == ["reserve", "draw"]


def test_a_draw_of_another_reservation_is_not_taken(tmp_path: Path) -> None:
    one, two = (noisy_network(tmp_path / name).settings for name in "ab")
    for made in (one, two):
        prepare_store(made)
    release(one)
    (path,) = (one.restricted / "dp" / "draws").rglob("*.json")
    place = two.restricted / path.relative_to(one.restricted)
    place.parent.mkdir(parents=True)
    place.write_bytes(path.read_bytes().replace(b'"reservation": "', b'"reservation": "0'))
    with pytest.raises(PrivacyRefusal, match="never made twice"):
        release(two)
    assert kinds(two) == []


def test_a_changed_ledger_is_noticed(settings: Settings) -> None:
    release(settings)
    path = settings.restricted / "dp" / "ledger.jsonl"
    path.write_text(path.read_text("utf-8").replace('"rho": "0.015"', '"rho": "0.001"'), "utf-8")
    with pytest.raises(PrivacyRefusal, match="chain of the ledger is broken"):
        Account.of(settings).balances()


def test_without_opendp_nothing_is_reserved(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iesiz.dp.noise.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"pip install 'iesiz\[dp\]'"):
        release(settings)
    assert kinds(settings) == []


def test_every_declared_label_has_a_row_and_a_label_outside_is_refused(tmp_path: Path) -> None:
    device = "daily_visits_by_device"
    net = noisy_network(tmp_path, budget(), with_noise(device), others(device))
    prepare_store(net.settings)
    declared = Declaration.of(choice_of(net.settings, device), SPECS[device])
    stranger = [{"site": "mall", "device": "toaster", "visitor_count": 30}]
    with pytest.raises(PrivacyRefusal, match="outside its declared labels"):
        noisy_cells(net.settings, exact(0, device, stranger), TODAY, declared)
    assert kinds(net.settings) == []
    known = [{"site": "mall", "device": "mobile", "visitor_count": 900}]
    rows = noisy_cells(net.settings, exact(0, device, known), TODAY, declared).table.to_pylist()
    found = {row["device"]: row["visitor_count"] for row in rows}
    domain = next(one.values for one in SPECS[device].columns if one.name == "device")
    assert sorted(found) == sorted(domain)
    assert found["mobile"] > 700 > max(count for name, count in found.items() if name != "mobile")


def test_the_day_of_the_settings_is_the_epoch_that_is_shown(settings: Settings) -> None:
    release(settings)
    shown = {(one.unit, one.epoch): one for one in Account.of(settings).balances(["visitor_day"], DAY)}
    month, year = shown["visitor_day", "2025-03"], shown["visitor_day", "2025"]
    assert (month.limit, month.spent, month.left, month.delta) == ("0.465", "0.015", "0.45", "0")
    assert (year.limit, year.left) == ("5.49", "5.475")
