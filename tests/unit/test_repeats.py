"""Lines that come again in another file of their stream are taken out; equal lines that are due all count."""

from __future__ import annotations

import datetime as dt
import gzip
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iesiz import pipeline
from iesiz.counts import FileCounts
from iesiz.errors import OutsideError
from iesiz.ledger import Ledger
from iesiz.restricted import Records
from iesiz.settings import Settings
from iesiz.vocabulary import FileRef
from tests.unit.small_world import line_of, settings_in

DAY, NEXT = "2026-11-03", "2026-11-04"
NEXT_DAY = "04/Nov/2026"
TRUE = [line_of(second) for second in range(300)]


class Stream:
    """A stream whose files are read one after the other."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.number = settings, 0

    def read(self, *pieces: list[bytes], name: str = "", packed: bool = False) -> FileCounts:
        self.number += 1
        path = self.settings.base / "logs" / (name or f"{self.number}.log")
        path.parent.mkdir(exist_ok=True)
        content = b"".join(line for piece in pieces for line in piece)
        path.write_bytes(gzip.compress(content) if packed else content)
        with pipeline.store_lock(self.settings):
            pipeline.discover(self.settings)
            return pipeline.deidentify_file(self.settings, FileRef("mall", "web", path))

    def counted(self) -> Counter[int]:
        """How often each second after nine o'clock counts."""
        held = Records(self.settings)
        seconds: Counter[int] = Counter()
        for day in held.open_days(frozenset()):
            for path in held.parts(day)["mall"]:
                start = 1793678400  # 2026-11-03 09:00 in Almaty
                seconds.update(second - start for second in pq.read_table(path)["second"].to_pylist())
        return seconds

    def publish(self, day: str = DAY) -> None:
        facts = {"day": day, "missing": [], "closed": NEXT}
        Ledger(self.settings.restricted / "ledger.jsonl").append("day", facts)


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    return Stream(settings_in(tmp_path))


def once(*spans: range) -> Counter[int]:
    return Counter(second for span in spans for second in span)


SPANS = {
    "an overlap at a rotation": [(0, 100), (80, 200)],
    "the longer one later": [(80, 200), (0, 200)],
    "a slice": [(0, 200), (90, 110)],
    "a slice before its file": [(90, 110), (0, 200)],
    "a beginning": [(0, 200), (0, 20)],
    "a short beginning": [(0, 200), (0, 3)],
    "an end": [(0, 200), (180, 200)],
    "a slice over a boundary": [(0, 100), (100, 200), (90, 110)],
    "a slice over a boundary, files in the other order": [(100, 200), (0, 100), (90, 110)],
    "a slice over three small files": [(0, 100), (100, 106), (106, 200), (93, 113)],
    "a slice over a short overlap": [(0, 100), (95, 200), (85, 105)],
    "half of each": [(0, 60), (60, 120), (30, 90)],
    "a gap filled": [(0, 100), (150, 250), (70, 180)],
    "a gap filled with short overlaps": [(0, 100), (150, 250), (95, 155)],
    "a short overlap at a rotation": [(0, 100), (98, 200)],
    "a short overlap, the later file first": [(95, 200), (0, 100)],
    "adjoining": [(0, 100), (100, 200)],
    "small adjoining": [(0, 1), (1, 2), (2, 4), (4, 30)],
    "twice": [(0, 100), (40, 80), (40, 81), (39, 80)],
    "a grown file and an overlap": [(0, 100), (50, 150), (0, 120)],
    "a grown overlap": [(90, 150), (0, 100), (0, 110)],
    "a grown overlap that goes on": [(90, 150), (0, 100), (0, 110), (0, 200)],
    "a grown file that grew over a later one": [(0, 100), (95, 110), (0, 200)],
}


@pytest.mark.parametrize("spans", SPANS.values(), ids=SPANS)
@pytest.mark.parametrize("packed", [False, True])
def test_each_line_of_a_log_counts_once(stream: Stream, spans: list[tuple[int, int]], packed: bool) -> None:
    for begin, end in spans:
        counts = stream.read(TRUE[begin:end], packed=packed)
        assert counts.counts.lines == end - begin
    assert stream.counted() == once({*range(300)} & {at for span in spans for at in range(*span)})


def test_repeats_are_ignored_for_that_reason_and_new_lines_around_them_count(stream: Stream) -> None:
    stream.read(TRUE[0:100])
    counts = stream.read(TRUE[100:120], TRUE[30:60], TRUE[120:140])
    assert (counts.verdict, dict(counts.days)) == ("read", {DAY: 40})
    assert (counts.counts.recognised, dict(counts.counts.ignored)) == (40, {"repeated": 30})
    assert stream.counted() == once(range(140))


def test_a_file_of_repeats_only_is_known_and_leaves_nothing(stream: Stream) -> None:
    stream.read(TRUE[0:100])
    before = {path for path in stream.settings.restricted.rglob("*") if path.is_file()}
    counts = stream.read(TRUE[30:60])
    assert (counts.verdict, dict(counts.days), dict(counts.late)) == ("known", {}, {})
    assert {path for path in stream.settings.restricted.rglob("*") if path.is_file()} == before
    assert stream.read(TRUE[30:60], name="2.log").verdict == "known"


def test_fewer_than_twenty_lines_within_a_file_are_no_slice(stream: Stream) -> None:
    stream.read(TRUE[0:100])
    stream.read(TRUE[30:49])
    assert stream.counted() == once(range(100), range(30, 49))


def test_lines_that_came_in_another_order_are_no_repeats(stream: Stream) -> None:
    # Two servers that write one stream may log equal requests; only what stands in line came before.
    stream.read(TRUE[0:100])
    stream.read(TRUE[99::-1])
    assert stream.counted() == once(range(100), range(100))


def test_equal_lines_of_one_file_all_count(stream: Stream) -> None:
    assert stream.read(TRUE[0:50], [TRUE[50]] * 60, TRUE[0:50]).counts.recognised == 160


def test_equal_lines_at_the_boundary_of_adjoining_files_all_count(stream: Stream) -> None:
    stream.read(TRUE[0:50], [TRUE[50]] * 3)
    stream.read([TRUE[50]] * 4, TRUE[51:80])
    assert stream.counted() == once(range(80), [50] * 6)


def test_a_pattern_of_one_second_at_a_boundary_counts_on_both_sides(stream: Stream) -> None:
    # The same client loads a page and its image twice in a second, and the log is rotated between.
    load = [line_of(50), line_of(50, request="GET /a.png HTTP/1.1")]
    stream.read(TRUE[0:50], load)
    stream.read(load, TRUE[51:80])
    assert stream.counted() == once(range(80), [50] * 3)


def test_a_line_is_a_repeat_as_often_as_it_was_counted(stream: Stream) -> None:
    burst = TRUE[50]
    stream.read(TRUE[10:12], [burst] * 25)
    counts = stream.read(TRUE[0:10], [burst] * 40)
    assert (counts.counts.recognised, counts.counts.ignored["repeated"]) == (25, 25)
    assert stream.read([burst] * 30).counts.recognised == 0
    assert stream.read([burst] * 45, TRUE[60:70]).counts.recognised == 15
    assert stream.counted()[50] == 45


def test_a_burst_within_an_overlap_counts_once(stream: Stream) -> None:
    log = TRUE[0:50] + [TRUE[50]] * 30 + TRUE[51:100]
    stream.read(log[:90])
    stream.read(log[40:])
    assert stream.counted() == Counter(dict.fromkeys(range(100), 1) | {50: 30})


def test_a_burst_that_grows_within_its_file_counts_whole(stream: Stream) -> None:
    stream.read(TRUE[0:50], [TRUE[50]] * 30)
    stream.read(TRUE[0:50], [TRUE[50]] * 70)
    assert stream.counted()[50] == 70


def test_two_servers_are_never_compared(stream: Stream) -> None:
    site = stream.settings.sites[0]
    logs = [site.logs[0], site.logs[0].model_copy(update={"stream": "other"})]
    both = stream.settings.model_copy(update={"sites": [site.model_copy(update={"logs": logs})]})
    stream.settings = both
    stream.read(TRUE[0:100])
    path = both.base / "logs" / "other.log"
    path.write_bytes(b"".join(TRUE[0:90]))
    assert pipeline.deidentify_file(both, FileRef("mall", "other", path)).counts.recognised == 90


def test_repeats_of_a_published_day_are_neither_new_nor_late(stream: Stream) -> None:
    stream.read(TRUE[0:100])
    stream.publish()
    following = [line_of(second, day=NEXT_DAY) for second in range(5)]
    counts = stream.read(TRUE[60:100], TRUE[200:207], following)
    assert (dict(counts.late), dict(counts.days)) == ({DAY: 7}, {NEXT: 5})
    again = stream.read(TRUE[80:100], TRUE[200:207], following, TRUE[210:212])
    assert (dict(again.late), dict(again.days)) == ({DAY: 2}, {})


def test_repeats_of_several_days_leave_each_day_its_own_lines(stream: Stream) -> None:
    following = [line_of(second, day=NEXT_DAY) for second in range(100)]
    stream.read(TRUE[0:100], following[0:30])
    counts = stream.read(TRUE[50:100], following)
    assert (dict(counts.days), counts.counts.ignored["repeated"]) == ({NEXT: 70}, 80)


def test_what_is_left_of_a_part_holds_no_value_of_the_rows_gone(stream: Stream) -> None:
    only_here = [line_of(second, "198.51.100.7") for second in range(30)]
    stream.read(only_here)
    stream.read(only_here, TRUE[100:130], [line_of(140, "198.51.100.8")])
    stream.read(TRUE[30:40], only_here, TRUE[40:50])
    parts = Records(stream.settings).parts(dt.date(2026, 11, 3))["mall"]
    (rewritten,) = (path for path in parts if pq.read_metadata(path).num_rows == 20)
    for column in pq.read_table(rewritten).columns:
        for chunk in column.chunks:
            if isinstance(chunk, pa.DictionaryArray):
                assert set(chunk.dictionary.to_pylist()) == set(chunk.to_pylist()) - {None}


def test_lines_that_are_not_to_be_read_stop_the_file(stream: Stream) -> None:
    stream.read(TRUE[0:100])
    for path in (stream.settings.restricted / "lines").rglob("*.lines"):
        path.unlink()
    with pytest.raises(OutsideError, match="No such file"):
        stream.read(TRUE[50:150])
    assert stream.counted() == once(range(100))


def test_lines_that_were_cut_off_stop_the_file(stream: Stream) -> None:
    stream.read(TRUE[0:100])
    for path in (stream.settings.restricted / "lines").rglob("*.lines"):
        path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(OutsideError, match="cut off"):
        stream.read(TRUE[50:150])
    assert stream.counted() == once(range(100))


def test_what_a_shorter_file_left_is_swept(stream: Stream) -> None:
    for end in (30, 60, 90):
        stream.read(TRUE[:end])
    with pipeline.store_lock(stream.settings):
        pipeline.discover(stream.settings)
    assert len(list((stream.settings.restricted / "lines").rglob("*.lines"))) == 1
