"""The README cannot drift: its commands are run, its tables compared with the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from iesiz.cli import app
from iesiz.tables import load_tables
from tests.docs.conftest import run_iesiz
from tests.nights import network, site

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.S)
PYTHON = re.findall(r"```python\n(.*?)```", README, re.S)
TOML = re.findall(r"```toml\n(.*?)```", README, re.S)
COMMANDS = [
    line.removeprefix("$ ") for block in CONSOLE for line in block.splitlines() if line.startswith("$ ")
]


def test_commands_of_the_readme_work_and_show_what_it_says(checkout: Path) -> None:
    for block in CONSOLE:
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            if command.startswith("iesiz "):
                printed = run_iesiz(command, checkout)
                lines = [line.rstrip() for line in shown.splitlines()]
                assert lines == [line.rstrip() for line in printed.splitlines()] or not lines


def test_the_python_of_the_readme_gives_what_it_says(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [code] = PYTHON
    monkeypatch.chdir(checkout)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    frame, weeks = names["frame"], names["weeks"]
    assert set(frame["status"]) <= {"published", "suppressed"}
    assert frame["visit_count"].isna().equals(frame["status"] == "suppressed")
    by_site = frame.sort_values("day").set_index("day").groupby("site")["visit_count"]
    expected = by_site.apply(lambda counts: counts.astype(float).rolling(7).sum()).dropna()
    found = weeks.set_index(["site", "day"]).iloc[:, 0].dropna().sort_index()
    assert found.to_list() == expected.sort_index().to_list() != []


@pytest.mark.parametrize("text", TOML)
def test_settings_of_the_readme_are_accepted(tmp_path: Path, text: str) -> None:
    settings = network(tmp_path, site("club", "web"), text).settings
    assert all(getattr(settings, name) for name in tomllib.loads(text))


def test_the_other_commands_are_targets_of_the_makefile() -> None:
    others = [command for command in COMMANDS if not command.startswith("iesiz ")]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    assert others == ["make nightly"]
    assert {command.split()[1] for command in others} <= targets


def test_its_table_of_tables_is_that_of_the_folders() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (2[CE]) \| (.+) \|$", README, re.M)
    assert rows == [(spec.name, spec.purpose.value, spec.row) for spec in load_tables()]


def test_its_commands_are_those_of_the_command_line() -> None:
    named = re.findall(r"^\| `iesiz ([a-z]+)", README, re.M)
    group = typer.main.get_command(app)
    assert sorted(named) == sorted(group.commands)  # type: ignore[attr-defined]


def test_its_options_are_those_of_the_command_line() -> None:
    named = set(re.findall(r"`(--[a-z-]+)", README.split("## Your own logs")[1]))
    group = typer.main.get_command(app)
    options = {
        name
        for command in group.commands.values()
        for one in command.params
        for name in one.opts  # type: ignore[attr-defined]
    }
    assert {option for option in options if option.startswith("--")} - {
        "--help",
        "--from",
        "--to",
    } <= named | {"--to"}
