"""`iesiz anonymise` and `iesiz risk` as they are typed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from iesiz.commands import microdata as commands_microdata
from iesiz.errors import InputError, OutsideError, PrivacyRefusal, SettingsError

# Two age bands, of which one lives in town B only; one person of the other is alone there. A name for no one.
PEOPLE = """name,age,town,ill
n1,20,B,x
n2,21,B,y
n3,20,B,x
n4,21,B,y
n5,22,A,x
n6,23,A,y
n7,22,A,y
n8,23,A,x
n9,22,B,z
"""
AGE = "20,20-21,*\n21,20-21,*\n22,22-23,*\n23,22-23,*\n"
TOWN = "A,*\nB,*\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"people.csv": PEOPLE, "age.csv": AGE, "town.csv": TOWN}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _run(*words: str) -> Result:
    app = typer.Typer()
    commands_microdata.register(app)
    return CliRunner().invoke(app, list(words))


def _quasi(folder: Path) -> list[str]:
    return ["--quasi", f"age={folder / 'age.csv'}", "--quasi", f"town={folder / 'town.csv'}"]


def _anonymise(folder: Path, *words: str) -> Result:
    return _run("anonymise", str(folder / "people.csv"), *_quasi(folder), *words)


def _report(result: Result) -> dict[str, Any]:
    assert result.exception is None, result.output
    loaded = json.loads(result.stdout)
    assert isinstance(loaded, dict)
    return loaded


def test_the_report_has_what_is_promised(folder: Path) -> None:
    report = _report(_anonymise(folder, "--sensitive", "ill", "-k", "3", "--suppress", "0.2", "--json"))
    # Age bands with towns: 4, 4 and 1 person; the one (a ninth of the file) is suppressed.
    assert report["levels"] == {"age": 1, "town": 0}
    assert (report["suppressed"], report["classes"], report["k"], report["l"]) == (1, 2, 4, 2)
    assert (report["risk_prosecutor"], report["risk_marketer"]) == (0.25, 2 / 8)
    # Of the eight that are left: 4 live in A, 4 in B; either town has two x and two y.
    assert {tuple(margin["columns"]): margin["k"] for margin in report["margins"]} == {
        ("age", "town"): 4,
        ("age", "ill"): 2,
        ("town", "ill"): 2,
        ("age", "town", "ill"): 2,
    }
    # Each class is half x, half y; the file 4/9, 4/9, 1/9: (1/18 + 1/18 + 1/9) / 2.
    assert report["t"] == pytest.approx(1 / 9)
    # 4 of 20-21, half of either age: 4 log2(4/2). 5 of 22-23: 3 log2(5/3) + 2 log2(5/2).
    assert report["loss"] == pytest.approx(4 + 3 * 0.7369655941662062 + 2 * 1.3219280948873624)


def test_the_release_shows_what_was_named_and_no_order(folder: Path) -> None:
    out = folder / "out.csv"
    _report(
        _anonymise(folder, "--sensitive", "ill", "-k", "3", "--suppress", "0.2", "--json", "-o", str(out))
    )
    rows = list(csv.reader(out.read_text().splitlines()))
    assert rows[0] == ["age", "town", "ill"]
    assert rows[1:] == sorted(rows[1:])
    assert rows[1:] == [
        ["20-21", "B", "x"],
        ["20-21", "B", "x"],
        ["20-21", "B", "y"],
        ["20-21", "B", "y"],
        ["22-23", "A", "x"],
        ["22-23", "A", "x"],
        ["22-23", "A", "y"],
        ["22-23", "A", "y"],
    ]
    assert not list(folder.glob(".out*"))


def test_the_release_is_the_same_whatever_the_order_of_the_file(folder: Path) -> None:
    head, *lines = PEOPLE.splitlines()
    written = []
    for order in (lines, lines[::-1]):
        (folder / "people.csv").write_text("\n".join([head, *order]) + "\n")
        _report(_anonymise(folder, "--sensitive", "ill", "-k", "2", "--json", "-o", str(folder / "out.csv")))
        written.append((folder / "out.csv").read_bytes())
    assert written[0] == written[1]


def test_the_release_measures_as_it_was_promised(folder: Path) -> None:
    promised = _report(
        _anonymise(
            folder,
            "--sensitive",
            "ill",
            "-k",
            "3",
            "--suppress",
            "0.2",
            "--json",
            "-o",
            str(folder / "o.csv"),
        )
    )
    found = _report(_run("risk", str(folder / "o.csv"), "--quasi", "age", "--quasi", "town", "--json"))
    for name in ("classes", "k", "risk_prosecutor", "risk_marketer"):
        assert found[name] == promised[name]


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        (["-k", "4"], {"age": 1, "town": 1}),
        (["-k", "4", "--loss", "discernibility"], {"age": 1, "town": 1}),
        (["-k", "4", "--loss", "loss"], {"age": 2, "town": 0}),
        (["-k", "4", "--loss", "class-size"], {"age": 1, "town": 1}),
        (["--sensitive", "ill", "--l", "2"], {"age": 1, "town": 1}),
        (["--sensitive", "ill", "--l", "3"], {"age": 2, "town": 1}),
        (["--sensitive", "ill", "--entropy-l", "2"], {"age": 1, "town": 1}),
        (["--sensitive", "ill", "--recursive-l", "2,2"], {"age": 1, "town": 1}),
        (["--sensitive", "ill", "-k", "2", "--t", "0.01"], {"age": 2, "town": 1}),
        (["--sensitive", "ill", "-k", "2", "--t", "0.01", "--t-distance", "ordered"], {"age": 2, "town": 1}),
        (["-k", "9"], {"age": 2, "town": 1}),
    ],
)
def test_every_model_and_loss_can_be_named(words: list[str], levels: dict[str, int], folder: Path) -> None:
    assert _report(_anonymise(folder, *words, "--json"))["levels"] == levels


def test_columns_may_follow_one_option(folder: Path) -> None:
    result = _run(
        "anonymise",
        str(folder / "people.csv"),
        "--quasi",
        f"age={folder / 'age.csv'}",
        f"town={folder / 'town.csv'}",
        "-k",
        "4",
        "--json",
    )
    assert _report(result)["levels"] == {"age": 1, "town": 1}


def test_no_solution_is_a_refusal_and_writes_nothing(folder: Path) -> None:
    result = _anonymise(folder, "-k", "10", "-o", str(folder / "out.csv"))
    assert isinstance(result.exception, PrivacyRefusal)
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["-k", "0"],
        ["-k", "2", "--suppress", "2"],
        ["-k", "2", "--loss", "time"],
        ["-k", "2", "--l", "2"],
        ["-k", "2", "--sensitive", "ill", "--l", "2", "--entropy-l", "2"],
        ["-k", "2", "--sensitive", "ill", "--recursive-l", "2"],
        ["-k", "2", "--sensitive", "age"],
        ["-k", "2", "--sensitive", "absent"],
        ["-k", "2", "--quasi", "name"],
        ["-k", "2", "--quasi", "age=again.csv"],
        ["-k", "2", "--sensitive", "ill", "--t", "0.2", "--t-distance", "far"],
    ],
)
def test_wrong_use_is_named(words: list[str], folder: Path) -> None:
    assert isinstance(_anonymise(folder, *words).exception, SettingsError)


def test_a_release_that_cannot_be_written_may_be_tried_again(folder: Path) -> None:
    result = _anonymise(folder, "-k", "2", "-o", str(folder / "absent" / "out.csv"))
    assert isinstance(result.exception, OutsideError)


def test_risk_measures_without_changing(folder: Path) -> None:
    before = (folder / "people.csv").read_bytes()
    report = _report(
        _run(
            "risk",
            str(folder / "people.csv"),
            "--quasi",
            "age",
            "--quasi",
            "town",
            "--sensitive",
            "ill",
            "--json",
        )
    )
    assert (report["records"], report["classes"], report["k"], report["l"]) == (9, 5, 1, 1)
    assert report["uniqueness"] == pytest.approx(1 / 9)
    assert {"columns": ["age", "town", "ill"], "k": 1} in report["margins"]
    assert len(report["margins"]) == 4
    assert (folder / "people.csv").read_bytes() == before


def test_risk_takes_a_population_weights_and_a_sampling_fraction(folder: Path) -> None:
    (folder / "sample.csv").write_text("town,w\nA,3\nB,3\n")
    result = _run(
        "risk",
        str(folder / "sample.csv"),
        "--quasi=town",
        "--weight=w",
        f"--population={folder / 'people.csv'}",
        "--sampling-fraction=1",
        "--json",
    )
    report = _report(result)
    assert report["risk_journalist"] == 1 / 4
    assert report["risk_individual"]["largest"] == pytest.approx(0.5 * 1.0986122886681098)
    assert report["uniqueness_population"] == 1.0


@pytest.mark.parametrize("weight", ["many", "0", "nan"])
def test_weights_that_are_none_are_refused_without_content(weight: str, folder: Path) -> None:
    (folder / "sample.csv").write_text(f"town,w\nA,1\nB,{weight}\n")
    result = _run("risk", str(folder / "sample.csv"), "--quasi", "town", "--weight", "w")
    assert isinstance(result.exception, InputError)


@pytest.mark.parametrize("words", [["anonymise", "-k", "2"], ["risk"]])
def test_the_table_shows_the_same(words: list[str], folder: Path) -> None:
    result = _run(words[0], str(folder / "people.csv"), *_quasi(folder), *words[1:])
    assert result.exception is None
    assert "risk_prosecutor" in result.stdout
