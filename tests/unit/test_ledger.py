"""A ledger that somebody touched is refused with the line; a line that a crash cut off is repaired."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from iesiz.errors import PrivacyRefusal
from iesiz.ledger import Ledger

Lines = list[bytes]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    made = Ledger(tmp_path / "ledger.jsonl")
    for number in range(1, 5):
        made.append("file" if number % 2 else "day", {"rows": number})
    return made


def test_entries_come_back_oldest_first(ledger: Ledger) -> None:
    assert [(one.number, one.kind, one.facts) for one in ledger.entries()] == [
        (1, "file", {"rows": 1}),
        (2, "day", {"rows": 2}),
        (3, "file", {"rows": 3}),
        (4, "day", {"rows": 4}),
    ]
    assert [one.number for one in ledger.entries("day")] == [2, 4]


def test_an_absent_file_is_an_empty_ledger(tmp_path: Path) -> None:
    assert Ledger(tmp_path / "none.jsonl").entries() == ()


def test_the_chain_can_be_computed_by_another_reader(ledger: Ledger) -> None:
    previous = "0" * 64
    for line in ledger.path.read_bytes().splitlines():
        body = json.loads(line)
        chain = body.pop("chain")
        assert body["previous"] == previous
        assert hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest() == chain
        previous = chain


def change(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace(b'"rows": 2', b'"rows": 7'), *lines[2:]]


def change_kind(lines: Lines) -> Lines:
    return [lines[0], lines[1].replace(b'"day"', b'"file"'), *lines[2:]]


def repair_own_digest(lines: Lines) -> Lines:
    """Change a line and compute its own digest anew: the next line gives it away."""
    body = json.loads(lines[1])
    del body["chain"]
    body["rows"] = 7
    body["chain"] = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return [lines[0], json.dumps(body, sort_keys=True).encode(), *lines[2:]]


@pytest.mark.parametrize(
    ("touch", "line"),
    [
        (change, 2),
        (change_kind, 2),
        (repair_own_digest, 3),
        (lambda lines: [lines[0], *lines[2:]], 2),  # removed
        (lambda lines: lines[1:], 1),  # the first one removed
        (lambda lines: [lines[0], lines[0], *lines[1:]], 2),  # inserted
        (lambda lines: [lines[0], lines[2], lines[1], lines[3]], 2),  # in another order
        (lambda lines: [*lines[:3], b"", lines[3]], 4),  # an empty line
        (lambda lines: [*lines[:3], b"[]", lines[3]], 4),  # no object
        (lambda lines: [*lines[:3], b"\xff", lines[3]], 4),  # no text
    ],
)
def test_a_touched_ledger_is_refused_with_the_line(
    ledger: Ledger, touch: Callable[[Lines], Lines], line: int
) -> None:
    lines = ledger.path.read_bytes().splitlines()
    ledger.path.write_bytes(b"\n".join(touch(lines)) + b"\n")
    with pytest.raises(PrivacyRefusal, match=f"line {line}:") as caught:
        ledger.entries()
    assert caught.value.exit_code == 4


def test_nothing_is_appended_to_a_touched_ledger(ledger: Ledger) -> None:
    ledger.path.write_bytes(ledger.path.read_bytes().replace(b'"rows": 2', b'"rows": 7'))
    before = ledger.path.read_bytes()
    with pytest.raises(PrivacyRefusal):
        ledger.append("file", {})
    assert ledger.path.read_bytes() == before


@pytest.mark.parametrize("cut", [1, 40])
def test_a_last_line_that_a_crash_cut_off_is_left_out_and_then_repaired(ledger: Ledger, cut: int) -> None:
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[:-cut])
    assert [one.number for one in ledger.entries()] == [1, 2, 3]
    ledger.append("day", {"rows": 4})
    assert ledger.path.read_bytes() == whole


@pytest.mark.parametrize("name", ["number", "kind", "previous", "chain"])
def test_a_fact_cannot_take_the_place_of_the_chain(ledger: Ledger, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ledger.append("file", {name: "x"})
    assert len(ledger.entries()) == 4
