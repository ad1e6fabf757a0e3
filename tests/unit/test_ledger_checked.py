"""What is remembered of a ledger is never believed against its file: changed, cut off, exchanged, gone on."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iesiz import ledger_checked
from iesiz.errors import PrivacyRefusal
from iesiz.ledger import Entry, Ledger
from iesiz.ledger_checked import Stamp

SECOND = 10**9


class Rows:
    """A fold: the rows of all entries, in order."""

    def __init__(self) -> None:
        """Begin with none."""
        self.seen: list[int] = []

    def take(self, entry: Entry) -> None:
        """Take the next one."""
        self.seen.append(entry.facts["rows"])


def written(path: Path, *rows: int) -> Ledger:
    made = Ledger(path)
    made.extend("file", [{"rows": one} for one in rows])
    return made


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return written(tmp_path / "ledger.jsonl", 1, 2, 3, 4)


def rows_of(ledger: Ledger) -> list[int]:
    """Rows by both ways, which must be the same."""
    found = [one.facts["rows"] for one in ledger.entries()]
    assert ledger.folded(Rows).seen == found
    return found


def settle() -> None:
    """Wait until a file that was written before may be known by its stamp."""
    time.sleep(1.5 * ledger_checked.SETTLED / SECOND)


def change_in_place(path: Path, old: bytes, new: bytes) -> None:
    """Change a file without changing its size, and set its time back."""
    before = path.stat()
    with path.open("r+b") as held:
        held.seek(path.read_bytes().index(old))
        held.write(new)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (
        before.st_size,
        before.st_mtime_ns,
        before.st_ino,
    )


@pytest.mark.parametrize("wait", [settle, lambda: None])
def test_a_change_of_the_same_size_and_time_is_found(ledger: Ledger, wait: Callable[[], None]) -> None:
    wait()
    assert rows_of(ledger) == [1, 2, 3, 4]
    change_in_place(ledger.path, b'"rows": 2', b'"rows": 7')
    for ask in (ledger.entries, lambda: ledger.folded(Rows), lambda: ledger.append("file", {"rows": 5})):
        with pytest.raises(PrivacyRefusal, match="line 2:"):
            ask()
    change_in_place(ledger.path, b'"rows": 7', b'"rows": 2')
    assert rows_of(ledger) == [1, 2, 3, 4]


def test_a_change_within_the_same_tick_of_the_clock_is_found(tmp_path: Path) -> None:
    for turn in range(50):
        ledger = written(tmp_path / f"{turn}.jsonl", 1, 2)
        assert rows_of(ledger) == [1, 2]
        change_in_place(ledger.path, b'"rows": 1', b'"rows": 7')
        with pytest.raises(PrivacyRefusal, match="line 1:"):
            ledger.entries()


def test_only_a_stamp_that_no_later_change_can_have_is_settled() -> None:
    fine, coarse = SECOND + 1, 2 * SECOND
    made = [Stamp(1, 1, 10, 0, noted) for noted in (fine, coarse)]
    assert [one.is_settled(one.noted + SECOND // 20) for one in made] == [False, False]
    assert [one.is_settled(one.noted + SECOND // 5) for one in made] == [True, False]
    assert [one.is_settled(one.noted + 3 * SECOND) for one in made] == [True, True]
    assert [one.is_settled(one.noted - 3600 * SECOND) for one in made] == [False, False]


@pytest.mark.parametrize("wait", [settle, lambda: None])
def test_another_ledger_in_its_place_is_read(ledger: Ledger, wait: Callable[[], None]) -> None:
    wait()
    assert rows_of(ledger) == [1, 2, 3, 4]
    other, before = written(ledger.path.with_name("other.jsonl"), 5, 6, 7, 8), ledger.path.stat()
    os.utime(other.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.path.replace(ledger.path)
    assert rows_of(ledger) == [5, 6, 7, 8]
    ledger.path.unlink()
    assert rows_of(ledger) == []
    assert rows_of(written(ledger.path, 9)) == [9]


@pytest.mark.parametrize("wait", [settle, lambda: None])
def test_what_was_cut_off_is_forgotten_and_what_another_process_added_is_taken(
    ledger: Ledger, wait: Callable[[], None]
) -> None:
    whole = ledger.path.read_bytes()
    wait()
    assert rows_of(ledger) == [1, 2, 3, 4]
    lines = whole.splitlines(keepends=True)
    os.truncate(ledger.path, len(whole) - len(lines[-1]))
    assert rows_of(ledger) == [1, 2, 3]
    wait()
    with ledger.path.open("ab") as held:
        held.write(lines[-1])
    assert rows_of(ledger) == [1, 2, 3, 4]
    with ledger.path.open("ab") as held:
        held.write(lines[-1])
    with pytest.raises(PrivacyRefusal, match="line 5:"):
        ledger.entries()


def test_a_line_that_was_sound_is_neither_read_nor_folded_twice(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rows_of(ledger) == [1, 2, 3, 4]
    read, following = list[int](), ledger_checked.following

    def count(last: Entry | None, lines: list[bytes], path: Path) -> list[Entry]:
        read.append(len(lines))
        return following(last, lines, path)

    monkeypatch.setattr(ledger_checked, "following", count)
    ledger.append("file", {"rows": 5})
    assert rows_of(ledger) == [1, 2, 3, 4, 5]
    assert rows_of(ledger) == [1, 2, 3, 4, 5]
    assert read == [1]


def test_a_settled_file_is_not_opened_again(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger_checked, "SETTLED", -1)
    monkeypatch.setattr(ledger_checked, "SETTLED_IF_COARSE", -1)
    assert rows_of(ledger) == [1, 2, 3, 4]
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was opened"))
    assert rows_of(ledger) == [1, 2, 3, 4]


def test_a_fold_that_fails_half_way_begins_anew(ledger: Ledger) -> None:
    ledger.append("file", {"sites": 1})
    with pytest.raises(KeyError):
        ledger.folded(Rows)
    with pytest.raises(KeyError):
        ledger.folded(Rows)
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(b"".join(lines[:4]))
    assert rows_of(ledger) == [1, 2, 3, 4]


def test_a_line_that_is_written_otherwise_and_says_the_same_is_sound(ledger: Ledger) -> None:
    lines = [json.loads(line) for line in ledger.path.read_bytes().splitlines()]
    ledger.path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines))
    assert rows_of(ledger) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"rows": 2', b'"rows": 2, "rows": 9'),  # the last of two counts
        (b'"rows": 2', b'"chain": {"chain": "0"}, "rows": 2'),
        (b'{"chain": "', b'{"chain": "0'),
    ],
)
def test_a_second_value_does_not_hide_behind_the_digest(ledger: Ledger, old: bytes, new: bytes) -> None:
    lines = ledger.path.read_bytes().splitlines(keepends=True)
    ledger.path.write_bytes(lines[0] + lines[1].replace(old, new, 1) + b"".join(lines[2:]))
    with pytest.raises(PrivacyRefusal, match="line 2:"):
        ledger.entries()


def test_several_entries_are_chained_as_one_after_another(ledger: Ledger, tmp_path: Path) -> None:
    one_by_one = Ledger(tmp_path / "single.jsonl")
    for rows in (1, 2, 3, 4):
        one_by_one.append("file", {"rows": rows})
    assert one_by_one.path.read_bytes() == ledger.path.read_bytes()
    assert ledger.extend("file", []) == ()
    with pytest.raises(ValueError, match="chain"):
        ledger.extend("file", [{"rows": 5}, {"chain": "x"}])
    assert rows_of(ledger) == [1, 2, 3, 4]
