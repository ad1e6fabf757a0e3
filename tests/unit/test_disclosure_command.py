"""`iesiz protect` and the attacker's view of its output, from the command line's side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from iesiz.commands_protect import register
from iesiz.disclosure.inspect import audit_file
from iesiz.errors import InputError

TABLE = """age,geo,eu,freq
young,Spain,EU,50
young,Iceland,nonEU,2
young,Portugal,EU,30
old,Spain,EU,60
old,Iceland,nonEU,33
old,Portugal,EU,40
"""


@pytest.fixture
def app() -> typer.Typer:
    found = typer.Typer()
    register(found)
    found.command("other")(lambda: None)
    return found


def run(app: typer.Typer, folder: Path, text: str, *options: str) -> tuple[int, str, str]:
    file = folder / "in.csv"
    file.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["protect", str(file), *options])
    return result.exit_code, result.stdout, result.stderr


def test_the_output_survives_the_attacker(app: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    options = ("--by", "age,geo", "--nest", "geo=eu", "--count", "freq", "-o", str(out), "--json")
    code, stdout, _ = run(app, tmp_path, TABLE, *options)
    counts = json.loads(stdout)
    assert code == 0
    assert counts["cells"] == 18
    assert counts["primary"] + counts["secondary"] + counts["published"] == 18
    assert counts["narrowest_interval"] >= 10
    seen = audit_file(out, by="age,geo", number="freq", nests=["geo=eu"])
    assert len(seen.cells) == counts["primary"] + counts["secondary"]
    assert not seen.found
    assert out.read_text().splitlines()[0] == "age,geo,eu,freq,status"


def test_a_table_that_gives_itself_away_is_found(tmp_path: Path) -> None:
    file = tmp_path / "leak.csv"
    file.write_text("age,n,status\nyoung,,suppressed\nold,20,published\nTotal,25,published\n")
    seen = audit_file(file, by="age", number="n")
    assert (seen.exact, seen.narrow) == (1, 1)
    assert (seen.cells[0].labels, seen.cells[0].lo, seen.cells[0].hi) == (("young",), 5.0, 5.0)


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        (TABLE.replace("50", "fifty"), 3, "line 2: column freq must hold a whole number"),
        (TABLE.replace("50", "-5"), 4, "negative"),
        (TABLE.replace("old,Spain,EU", "old,Spain,nonEU"), 3, "line 5: a value of geo must lie in one group"),
        (TABLE.replace("young,Spain", "young,Total"), 3, "line 2: column geo needs a label other than Total"),
        (TABLE + "old,Malta\n", 3, "line 8: 4 fields expected, 2 found"),
        ("", 3, "header"),
        ("age,geo,freq\nyoung,Spain,5\n", 2, "no column eu"),
    ],
)
def test_hostile_input_is_named_not_quoted(
    app: typer.Typer, tmp_path: Path, text: str, code: int, expected: str
) -> None:
    found, _, stderr = run(app, tmp_path, text, "--by", "age,geo", "--nest", "geo=eu", "--count", "freq")
    assert found == code
    assert expected in stderr
    assert "fifty" not in stderr


def test_contradicting_values_are_an_input_error(tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("age,n,status\nyoung,,suppressed\nold,30,published\nTotal,25,published\n")
    with pytest.raises(InputError, match="contradict"):
        audit_file(file, by="age", number="n")
