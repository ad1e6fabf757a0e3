"""The runbook explains every message that can wake somebody, and none that the code does not say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from iesiz.alerts import alert_codes
from iesiz.cli import app
from iesiz.errors import IesizError
from iesiz.standing import SiteDayState
from tests.messages import SOURCE, errors_in, findings_in, returned_in

RUNBOOK = (Path(__file__).parents[2] / "RUNBOOK.md").read_text("utf-8")
# What is asked by hand, by an analyst or for a request; no night goes through it.
BY_HAND = (
    "commands/audit.py",
    "commands/microdata.py",
    "commands/protect.py",
    "commands/query.py",
    "commands/registration.py",
    "disclosure/csv_table.py",
    "disclosure/inspect.py",
    "disclosure/layout.py",
    "forget_request.py",
    "microdata/",
    "own_table.py",
    "reader/",
    "tools.py",
)


def section(title: str) -> str:
    """The text under a heading."""
    return RUNBOOK.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_cells(title: str) -> list[str]:
    """The first column of the table under a heading, without its head."""
    rows = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [row.split("|")[1].strip().strip("`") for row in rows[2:]]


def waking_modules() -> list[Path]:
    return [
        path for path in sorted(SOURCE.rglob("*.py")) if not str(path.relative_to(SOURCE)).startswith(BY_HAND)
    ]


def test_every_message_has_an_entry_and_every_entry_a_message() -> None:
    said = {
        (one.code, one.text): one.place
        for path in waking_modules()
        for one in (*errors_in(path), *returned_in(path))
    }
    written = {(int(code), text) for code, text in re.findall(r"^\| (\d) \| ``(.+?)`` \|$", RUNBOOK, re.M)}
    assert {place: key for key, place in said.items() if key not in written} == {}
    assert written - said.keys() == set()


def test_the_search_finds_messages_of_each_kind() -> None:
    """A search that found nothing would agree with anything."""
    texts = {one.text for path in waking_modules() for one in (*errors_in(path), *returned_in(path))}
    assert "…: another run is at work. Wait until it ends, then run again." in texts
    assert "…: not a regular file. Take it away, or narrow `paths`." in texts
    assert len(texts) > 150


def test_every_finding_of_the_doctor_has_an_entry_and_the_other_way_round() -> None:
    said = {one.text for path in sorted(SOURCE.rglob("*.py")) for one in findings_in(path)}
    assert set(re.findall(r"^\| \w+ \| ``(.+?)`` \| .+ \| `.+` \|$", RUNBOOK, re.M)) == said


def test_every_alert_is_explained_with_its_meaning_and_command() -> None:
    assert first_cells("Alerts") == list(alert_codes())
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| `(iesiz [a-z]+)` \| .+ \|$", section("Alerts"), re.M)
    assert rows == [(one.code, one.meaning, one.command) for one in alert_codes().values()]


def test_every_exit_code_is_explained() -> None:
    kinds, codes = [IesizError], {0, 130}
    while kinds:
        one = kinds.pop()
        codes.add(one.exit_code)
        kinds += one.__subclasses__()
    assert sorted(map(int, first_cells("Exit codes"))) == sorted(codes)


def test_every_state_that_is_not_as_it_should_be_is_explained() -> None:
    expected = set(SiteDayState) - {SiteDayState.DONE, SiteDayState.OPEN}
    assert set(first_cells("States of a day")) == {one.value for one in expected}


def test_its_commands_are_those_of_the_command_line() -> None:
    group = typer.main.get_command(app)
    known = set(group.commands)  # type: ignore[attr-defined]
    named = set(re.findall(r"`iesiz ([a-z]+)", RUNBOOK)) | set(re.findall(r"^iesiz ([a-z]+)", RUNBOOK, re.M))
    assert named <= known


@pytest.mark.parametrize("code", sorted(alert_codes()))
def test_the_command_of_an_alert_is_one_of_ours(code: str) -> None:
    group = typer.main.get_command(app)
    command = alert_codes()[code].command.removeprefix("iesiz ").split()[0]
    assert command in group.commands  # type: ignore[attr-defined]
