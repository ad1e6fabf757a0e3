"""`iesiz protect` and the attacker's view of its output, from the command line's side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from iesiz.cli import app
from iesiz.errors import IesizError, InputError
from iesiz.own_table import Asked
from iesiz.tools import audit_file

TABLE = """age,geo,eu,freq
young,Spain,EU,50
young,Iceland,nonEU,2
young,Portugal,EU,30
old,Spain,EU,60
old,Iceland,nonEU,33
old,Portugal,EU,40
"""


def run(command: str, file: Path, *options: str) -> tuple[int, str, str]:
    """Exit code, output and what was said, as the command line gives them."""
    result = CliRunner().invoke(app, [command, str(file), *options])
    if isinstance(result.exception, IesizError):
        return result.exception.exit_code, result.stdout, str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path, text: str) -> Path:
    file = folder / "in.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_output_survives_the_attacker(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    options = ("--by", "age,geo", "--nest", "geo=eu", "--count", "freq")
    code, stdout, _ = run("protect", written(tmp_path, TABLE), *options, "-o", str(out), "--json")
    counts = json.loads(stdout)
    assert code == 0
    assert set(counts) == {"cells", "primary", "secondary", "published", "narrowest_interval"}
    assert counts["cells"] == 18
    assert counts["primary"] + counts["secondary"] + counts["published"] == 18
    assert counts["narrowest_interval"] >= 10
    assert out.read_text().splitlines()[0] == "age,geo,eu,freq,status"
    code, stdout, _ = run("audit", out, *options, "--json")
    seen = json.loads(stdout)
    assert (code, seen["exact"], seen["narrow"]) == (0, 0, 0)
    assert len(seen["cells"]) == counts["primary"] + counts["secondary"]


def test_a_table_that_gives_itself_away_is_found(tmp_path: Path) -> None:
    file = written(tmp_path, "age,n,status\nyoung,,suppressed\nold,20,published\nTotal,25,published\n")
    code, stdout, _ = run("audit", file, "--by", "age", "--count", "n", "--json")
    expected = {"cells": [{"labels": ["young"], "lo": 5.0, "hi": 5.0}], "exact": 1, "narrow": 1}
    assert (code, json.loads(stdout)) == (1, expected)


def test_what_nothing_bounds_has_no_upper_end(tmp_path: Path) -> None:
    file = written(tmp_path, "age,n,status\nyoung,,suppressed\nold,20,published\nTotal,,suppressed\n")
    code, stdout, _ = run("audit", file, "--by", "age", "--count", "n", "--json")
    assert code == 0
    assert {tuple(one["labels"]): (one["lo"], one["hi"]) for one in json.loads(stdout)["cells"]} == {
        ("young",): (0.0, None),
        ("Total",): (20.0, None),
    }
    assert "unbounded" in run("audit", file, "--by", "age", "--count", "n")[1]


def test_without_a_file_or_its_columns_the_audit_asks_for_them(tmp_path: Path) -> None:
    file = written(tmp_path, "age,n,status\nyoung,1,published\n")
    assert run("audit", file, "--by", "age")[0] == 2
    assert run("audit", file, "--count", "n")[0] == 2


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
def test_hostile_input_is_named_not_quoted(tmp_path: Path, text: str, code: int, expected: str) -> None:
    options = ("--by", "age,geo", "--nest", "geo=eu", "--count", "freq")
    found, _, said = run("protect", written(tmp_path, text), *options)
    assert found == code
    assert expected in said
    assert "fifty" not in said


def test_contradicting_values_are_an_input_error(tmp_path: Path) -> None:
    file = written(tmp_path, "age,n,status\nyoung,,suppressed\nold,30,published\nTotal,25,published\n")
    with pytest.raises(InputError, match="contradict"):
        audit_file(Asked(file, "age", count="n"))
