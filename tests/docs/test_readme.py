"""The README cannot drift: its commands are run, its tables compared with the code."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from iesiz.cli import app
from iesiz.tables import load_tables
from tests.docs.conftest import run_iesiz

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, re.S)
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
