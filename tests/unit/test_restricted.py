"""A file counts once, a part only when the ledger names its file, and a stopped file leaves nothing."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.counts import FileCounts, LineCounts
from iesiz.errors import InputError, OutsideError
from iesiz.ledger import Ledger
from iesiz.restricted import Content, Reading, Records, line_collector, part_writer, parts, settle
from iesiz.settings import Settings
from iesiz.vocabulary import FileRef
from tests.unit.small_world import SETTINGS, disk_full_at, line_of, settings_in

THIRD, FOURTH = dt.date(2026, 11, 3), dt.date(2026, 11, 4)
NEXT_DAY = "04/Nov/2026"


class Crashed(BaseException):
    """The end of a process in the middle of its work."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = settings_in(tmp_path)
    with pipeline.store_lock(made):
        return made


def deliver(settings: Settings, content: bytes, name: str = "access.log") -> FileRef:
    path = settings.base / "logs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return FileRef("mall", "web", path)


def read(settings: Settings, content: bytes, name: str = "access.log") -> FileCounts:
    return pipeline.deidentify_file(settings, deliver(settings, content, name))


def rows(settings: Settings, day: dt.date) -> int:
    """Records of a day that count."""
    return sum(
        pq.read_metadata(path).num_rows for paths in Records(settings).parts(day).values() for path in paths
    )


def parts_on_disk(settings: Settings) -> int:
    return len(list((settings.restricted / "requests").rglob("*.parquet")))


def lines(*seconds: int) -> bytes:
    return b"".join(map(line_of, seconds))


def test_a_new_file_is_read(settings: Settings) -> None:
    counts = read(settings, lines(0, 1) + line_of(0, day=NEXT_DAY) + b"# x\n")
    assert (counts.verdict, dict(counts.days)) == ("read", {"2026-11-03": 2, "2026-11-04": 1})
    assert counts.counts == LineCounts(4, 3, {"comment": 1})
    assert (rows(settings, THIRD), rows(settings, FOURTH)) == (2, 1)


def test_a_copy_under_another_name_is_known(settings: Settings) -> None:
    read(settings, lines(0, 1))
    copy = read(settings, lines(0, 1), "copy.log")
    assert (copy.verdict, copy.counts.lines, dict(copy.days)) == ("known", 0, {})
    assert rows(settings, THIRD) == 2


def test_a_compressed_copy_is_known(settings: Settings) -> None:
    read(settings, lines(0, 1))
    assert read(settings, gzip.compress(lines(0, 1)), "access.log.gz").verdict == "known"
    assert rows(settings, THIRD) == 2


def test_a_grown_file_takes_the_place_of_the_shorter_one(settings: Settings) -> None:
    read(settings, lines(0, 1))
    grown = read(settings, lines(0, 1, 2) + line_of(0, day=NEXT_DAY))
    assert (grown.verdict, dict(grown.days)) == ("grown", {"2026-11-03": 3, "2026-11-04": 1})
    assert (rows(settings, THIRD), rows(settings, FOURTH)) == (3, 1)


def test_a_file_that_grows_twice_counts_once(settings: Settings) -> None:
    for last in (1, 2, 3):
        read(settings, lines(*range(last)))
    assert rows(settings, THIRD) == 3
    assert Records(settings).sweep(THIRD) == 6  # parts, maps and lines of the two shorter ones
    assert (rows(settings, THIRD), parts_on_disk(settings)) == (3, 1)


def test_equal_lines_of_two_streams_both_count(settings: Settings) -> None:
    # Two servers answer at the same second; only within a stream is equal content a copy.
    log = settings.sites[0].logs[0]
    other = log.model_copy(update={"stream": "other"})
    site = settings.sites[0].model_copy(update={"logs": [log, other]})
    both = settings.model_copy(update={"sites": [site]})
    file = deliver(both, lines(0, 1))
    for stream in ("web", "other"):
        assert pipeline.deidentify_file(both, FileRef("mall", stream, file.path)).verdict == "read"
    assert rows(both, THIRD) == 4


def test_the_very_same_file_is_not_opened_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = deliver(settings, lines(0))
    pipeline.deidentify_file(settings, file)
    monkeypatch.setattr(pipeline, "read_blocks", lambda *_: pytest.fail("was opened"))
    assert pipeline.deidentify_file(settings, file).verdict == "known"


def test_too_many_rejected_lines_stop_a_file_and_nothing_of_it_is_kept(settings: Settings) -> None:
    with pytest.raises(InputError, match=r"10\.0% of its lines were rejected \(other_form 2\)"):
        read(settings, lines(*range(18)) + b"x\ny\n")  # a tenth, where a twentieth is allowed
    assert (rows(settings, THIRD), parts_on_disk(settings), Records(settings).files()) == (0, 0, ())


def test_the_allowed_share_of_rejected_lines_does_not_stop_a_file(settings: Settings) -> None:
    assert read(settings, lines(*range(19)) + b"x\n").verdict == "read"  # a twentieth exactly


def test_a_stopped_file_is_noted_once_and_read_once_it_is_mended(settings: Settings) -> None:
    file = deliver(settings, lines(0) + b"x\n")
    for _ in range(3):
        with pytest.raises(InputError):
            pipeline.deidentify_file(settings, file)
    assert [entry.kind for entry in Records(settings).ledger.entries()] == ["stopped"]
    assert read(settings, lines(0, 1)).verdict == "read"


def test_lines_of_a_published_day_are_late_and_change_nothing(settings: Settings) -> None:
    read(settings, lines(0, 1))
    Ledger(settings.restricted / "ledger.jsonl").append(
        "day", {"day": "2026-11-03", "missing": [], "closed": "2026-11-04"}
    )
    late = read(settings, lines(5, 6, 7) + line_of(0, day=NEXT_DAY), "late.log")
    assert (dict(late.days), dict(late.late)) == ({"2026-11-04": 1}, {"2026-11-03": 3})
    assert rows(settings, THIRD) == 2


def test_of_a_file_that_grew_after_publication_the_new_lines_alone_are_late(settings: Settings) -> None:
    read(settings, lines(0, 1))
    Ledger(settings.restricted / "ledger.jsonl").append(
        "day", {"day": "2026-11-03", "missing": [], "closed": "2026-11-04"}
    )
    assert dict(read(settings, lines(0, 1, 2)).late) == {"2026-11-03": 1}
    assert dict(read(settings, lines(0, 1, 2, 3, 4)).late) == {"2026-11-03": 2}
    Records(settings).sweep(THIRD)
    assert rows(settings, THIRD) == 2  # what was published keeps its records


def test_days_without_an_edition_are_ignored_and_counted(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, SETTINGS.replace("2026-01-01", "2026-11-04"))
    counts = read(settings, lines(0, 1) + line_of(0, day=NEXT_DAY))
    assert (dict(counts.counts.ignored), dict(counts.days)) == ({"no_edition": 2}, {"2026-11-04": 1})
    keys = {path.stem for path in (settings.restricted / "keys" / "visitor").rglob("*.key")}
    assert keys == {"2026-11-04"}  # nothing was made for a day that may not be processed


def test_a_host_is_the_sites_in_any_letter_case(tmp_path: Path) -> None:
    text = SETTINGS.replace("mall.example", "Mall.Example").replace('"common"', '"vhost_common"')
    assert dict(read(settings_in(tmp_path, text), b"mall.example:443 " + line_of()).days) == {"2026-11-03": 1}


def test_a_file_of_another_format_leaves_nothing(settings: Settings) -> None:
    with pytest.raises(InputError, match="found vhost_common"):
        read(settings, b"mall.example:443 " + line_of())
    assert (Records(settings).files(), parts_on_disk(settings)) == ((), 0)


def test_a_file_cut_off_in_its_middle_leaves_nothing(settings: Settings) -> None:
    content = gzip.compress(b"".join(line_of(second, f"192.0.2.{second % 250}") for second in range(9_000)))
    with pytest.raises(InputError, match="cut off"):
        read(settings, content[:-20])
    assert (Records(settings).files(), parts_on_disk(settings)) == ((), 0)
    assert not list((settings.restricted / "requests").rglob("*staged*"))


def test_parts_that_the_ledger_does_not_name_are_swept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(settings, lines(0))

    def crash(*_: object) -> None:
        raise Crashed

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", crash)  # the parts lie in their places already
        with pytest.raises(Crashed):
            read(settings, lines(5, 6), "second.log")
    assert (rows(settings, THIRD), parts_on_disk(settings)) == (1, 2)
    assert Records(settings).sweep(THIRD) == 3  # a part, its map, and by what its lines are known again
    assert (rows(settings, THIRD), parts_on_disk(settings)) == (1, 1)
    assert Records(settings).sweep(THIRD) == 0
    # Nothing stands in the way of trying again.
    assert read(settings, lines(5, 6), "second.log").verdict == "read"


def test_a_crash_between_two_parts_counts_neither(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = iter([parts.put_in_place])  # the second call finds none

    def place(staged: Path, path: Path) -> None:
        try:
            next(placed)(staged, path)
        except StopIteration:
            raise Crashed from None

    with monkeypatch.context() as patch:
        patch.setattr(parts, "put_in_place", place)
        with pytest.raises(Crashed):
            read(settings, lines(0) + line_of(0, day=NEXT_DAY))
    assert (rows(settings, THIRD), rows(settings, FOURTH)) == (0, 0)
    assert Records(settings).sweep(THIRD) == 4  # a part, two maps and the lines


def test_a_disk_full_under_a_part_may_be_tried_again(settings: Settings) -> None:
    with disk_full_at(1024), pytest.raises(OutsideError) as caught:
        read(settings, lines(0))
    assert caught.value.exit_code == 5
    assert (Records(settings).files(), parts_on_disk(settings)) == ((), 0)
    assert read(settings, lines(0)).verdict == "read"


def test_no_record_holds_an_address_an_agent_or_a_query(settings: Settings) -> None:
    request = "GET /u/aigerim@example.com?token=abc123 HTTP/1.1"
    read(settings, line_of(0, "198.51.100.77", request) + lines(1))
    held = b"".join(path.read_bytes() for path in settings.restricted.rglob("*") if path.is_file())
    for secret in (b"198.51.100.77", b"aigerim", b"abc123"):
        assert secret not in held
    (paths,) = Records(settings).parts(THIRD).values()
    text = str(pq.read_table(paths[0]).to_pylist())
    assert not any(secret in text for secret in ("198.51.100.77", "aigerim", "abc123"))


@pytest.mark.parametrize("path", ["/_next/aigerim.mukhtar", "/.well-known/a.87000123", "/img/aigerim.png"])
def test_no_route_of_an_asset_holds_the_name_of_its_file(settings: Settings, path: str) -> None:
    read(settings, line_of(0, request=f"GET {path} HTTP/1.1"))
    (paths,) = Records(settings).parts(THIRD).values()
    (route,) = pq.read_table(paths[0])["route"].to_pylist()
    assert not any(word in route for word in ("aigerim", "mukhtar", "8700"))


def test_settling_a_content_by_hand(settings: Settings) -> None:
    records, file = Records(settings), deliver(settings, lines(0))
    content = Content("ab" * 32, 100, {})

    def settled(content: Content) -> str:
        with part_writer(records, file) as writer, line_collector(writer.staging) as collected:
            reading = Reading(LineCounts(1, 1), {}, "list 1", collected)
            return settle(records, file, content, reading, writer).verdict

    for verdict in ("read", "known"):
        assert settled(content) == verdict
    grown = Content("cd" * 32, 150, {100: "ab" * 32})
    another = Content("ef" * 32, 150, {100: "00" * 32})  # as long at its mark, but of other bytes
    for given, verdict in ((another, "read"), (grown, "grown")):
        assert settled(given) == verdict
