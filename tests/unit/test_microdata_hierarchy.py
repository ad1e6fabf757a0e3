"""Hierarchies and records as files: what is read, what is refused, and that no message holds content."""

from __future__ import annotations

from pathlib import Path

import pytest

from iesiz.errors import InputError, SettingsError
from iesiz.microdata.hierarchy import read_hierarchy
from iesiz.microdata.records import read_records, sort_order
from iesiz.microdata.study import open_study

SECRET = "sekret-value"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text", ["a;x;*\nb;x;*\nc;y;*\n", "a,x,*\nb,x,*\nc,y,*\n", '\ufeffa;x;*\n\n"b";x;*\nc;y;*']
)
def test_both_separators_are_read(text: str, tmp_path: Path) -> None:
    found = read_hierarchy(_write(tmp_path / "h.csv", text), "q")
    assert found.labels == (("a", "b", "c"), ("x", "y"), ("*",))
    assert [level.tolist() for level in found.codes] == [[0, 1, 2], [0, 0, 1], [0, 0, 0]]
    assert found.shares(1).tolist() == pytest.approx([2 / 3, 1 / 3])


def test_a_comma_inside_a_label_does_not_split_it(tmp_path: Path) -> None:
    found = read_hierarchy(_write(tmp_path / "h.csv", "1;[0, 5[;*\n7;[5, 9[;*\n"), "q")
    assert found.labels[1] == ("[0, 5[", "[5, 9[")


def test_a_column_without_levels_has_one(tmp_path: Path) -> None:
    assert read_hierarchy(_write(tmp_path / "h.csv", "a\nb\n"), "q").height == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        (f"a;x;*\n{SECRET};x\n", "line 2: expected 3 fields"),
        (f"{SECRET};x;*\nb;x;*\n{SECRET};x;*\n", "line 3: this value stands on an earlier line"),
        (f"a;x;*\nb;{SECRET};*\nc;{SECRET};+\n", "line 3: not monotone"),
    ],
)
def test_a_hierarchy_that_does_not_hold_is_refused_without_its_content(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_hierarchy(_write(tmp_path / "h.csv", text), "q")
    assert SECRET not in str(caught.value)
    assert "h.csv" in str(caught.value)


def test_a_value_missing_in_the_hierarchy_names_files_and_line(tmp_path: Path) -> None:
    hierarchy = _write(tmp_path / "h.csv", "a;*\n")
    table = _write(tmp_path / "t.csv", f"q;s\na;1\na;2\n{SECRET};3\n")
    with pytest.raises(InputError, match=r"t\.csv, line 4: .* missing in .*h\.csv") as caught:
        open_study(table, {"q": hierarchy}, None)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        ("q,s\n", "no record"),
        ("q,q\n1,2\n", "distinct column names"),
        ('"q\nr",s\n1,2\n', "header must be on one line"),
        (f"q,s\n1,2\n{SECRET}\n", "line 3: expected 2 fields"),
        (f"q,s\n1,2\n3,4,{SECRET}\n", "line 3: expected 2 fields"),
    ],
)
def test_a_file_that_does_not_parse_is_refused_without_its_content(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_records(_write(tmp_path / "t.csv", text))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("content", [b"q,s\n\xff\xfe,1\n", b"\xff\n"])
def test_a_file_in_another_encoding_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match="UTF-8"):
        read_records(path)


def test_an_absent_file_is_unusable_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_records(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_hierarchy(tmp_path / "absent.csv", "q")


def test_values_stay_text(tmp_path: Path) -> None:
    records = read_records(_write(tmp_path / "t.csv", '\ufeffcode;date;empty\n007;2020-01-01;\n7;NaN;""\n'))
    assert records.separator == ";"
    assert records.table.to_pydict() == {
        "code": ["007", "7"],
        "date": ["2020-01-01", "NaN"],
        "empty": ["", ""],
    }


def test_an_unknown_column_is_wrong_use(tmp_path: Path) -> None:
    records = read_records(_write(tmp_path / "t.csv", "q,s\n1,2\n"))
    with pytest.raises(SettingsError, match="no column 'z'"):
        records.column("z")


def test_numbers_are_ordered_as_numbers_and_words_as_words() -> None:
    assert sort_order(["10", "9", "-1.5"]) == ("-1.5", "9", "10")
    assert sort_order(["10", "9", "none"]) == ("10", "9", "none")
    assert sort_order(["nan", "9", "10"]) == ("10", "9", "nan")


def test_a_label_may_hold_what_unicode_takes_for_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes('a\u2028b,\x0bc,*\r\n"d\ne",f,*\r\n'.encode())
    found = read_hierarchy(path, "q")
    assert found.labels == (("a\u2028b", "d\ne"), ("\x0bc", "f"), ("*",))
