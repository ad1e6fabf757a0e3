"""However a log is cut, copied, packed and delivered, each line counts as often as it stands in it."""

from __future__ import annotations

import datetime as dt
import gzip
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from iesiz import pipeline
from iesiz.restricted import Records, held_maps
from iesiz.restricted.line_kernel import WINDOW
from iesiz.restricted.lines import EDGE, FileLines, StoredLines
from iesiz.restricted.repeats import as_often_as_counted, find_repeats
from tests.unit.small_world import settings_in

START = 1793678400  # 2026-11-03 09:00 in Almaty
SHORT = 8  # lines of the shortest overlap: they span two seconds, since at most five stand in one
BURST = 60  # the longest; a gap of fewer lines between two files could be within one
Span = tuple[int, int]


@dataclass(frozen=True)
class Line:
    """A line of a log: seconds after nine o'clock, and a size by which it is told from its neighbours."""

    second: int
    size: int

    @property
    def text(self) -> bytes:
        clock = f"{9 + self.second // 3600:02}:{self.second // 60 % 60:02}:{self.second % 60:02}"
        return (
            f'192.0.2.{self.size} - - [03/Nov/2026:{clock} +0500] "GET / HTTP/1.1" 200 {self.size}\n'.encode()
        )


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Line], list[Span]]:
    """A log with equal lines, and with bursts: where these stand, since no file may begin within one."""
    lines: list[Line] = []
    bursts = []
    for second in range(draw(st.integers(15, 50))):
        sizes = draw(st.lists(st.integers(1, 2), min_size=1, max_size=5))
        lines += [Line(second, size) for size in sizes]
        if draw(st.integers(0, 19)) == 7:
            burst = draw(st.integers(WINDOW, BURST))
            bursts.append((len(lines), len(lines) + burst))
            lines += [Line(second, 3)] * burst
    return lines, bursts


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Line], list[Span]]:
    """A log and the files in which it arrives: 20 lines or more each, overlapping or adjoining, in any order.

    No two have less in common than what tells an overlap from equal requests of one second.
    """
    lines, bursts = draw(logs())
    spans: list[Span] = []
    begin = 0
    while begin + 2 * WINDOW < len(lines):
        end = draw(st.integers(begin + WINDOW, len(lines) - WINDOW))
        spans.append((begin, end))
        begin = max(begin + 1, end - draw(st.sampled_from([0, 0, SHORT, WINDOW, 35])))
    spans.append((begin, len(lines)))
    places = st.integers(0, len(lines))
    spans += draw(st.lists(st.tuples(places, places), max_size=5))
    kept: list[Span] = []
    for begin, end in spans:
        if end - begin >= WINDOW and fits((begin, end), kept, lines, bursts):
            kept.append((begin, end))
    again = draw(st.lists(st.sampled_from(kept), max_size=2)) if kept else []
    return lines, draw(st.permutations(kept + again))


def fits(span: Span, others: list[Span], lines: list[Line], bursts: list[Span]) -> bool:
    if any(begin < span[0] < end for begin, end in bursts):
        return False
    return all(is_clear((max(span[0], begin), min(span[1], end)), lines) for begin, end in others)


def is_clear(shared: Span, lines: list[Line]) -> bool:
    """Whether it can be told what two files have in common: lines of two seconds, or nothing."""
    begin, end = shared
    if begin >= end:
        return begin == end or begin - end >= SHORT + BURST
    return end - begin >= SHORT and lines[begin].second < lines[end - 1].second


def due(lines: list[Line], spans: list[Span]) -> Counter[Line]:
    return Counter(lines[at] for at in {at for span in spans for at in range(*span)})


@settings(deadline=None, max_examples=300)
@given(deliveries())
def test_lines_known_by_their_hashes_count_as_often_as_they_stand_in_the_log(
    given: tuple[list[Line], list[Span]],
) -> None:
    lines, spans = given
    codes = {line: hash((line, "x")) % (1 << 64) for line in lines}
    hashes = np.array([codes[line] for line in lines], np.uint64)
    seconds = np.array([line.second for line in lines], np.int64)
    earlier: list[StoredLines] = []
    counted: Counter[Line] = Counter()
    for begin, end in dict.fromkeys(spans):
        times = seconds[begin:end]
        file = FileLines(hashes[begin:end], times[:EDGE], times[-EDGE:])
        own = ~as_often_as_counted(file, find_repeats(file, earlier), earlier)
        counted.update(line for line, is_own in zip(lines[begin:end], own, strict=True) if is_own)
        if own.any():
            earlier.append(StoredLines(file, own))
    assert counted == due(lines, spans)


@settings(deadline=None, max_examples=25)
@given(deliveries(), st.data())
def test_a_log_in_any_files_and_runs_leaves_each_of_its_lines_once(
    given: tuple[list[Line], list[Span]], data: st.DataObject
) -> None:
    lines, spans = given
    with tempfile.TemporaryDirectory() as folder:
        made = settings_in(Path(folder))
        logs = made.base / "logs"
        logs.mkdir()
        for number, (begin, end) in enumerate(spans):
            content = b"".join(line.text for line in lines[begin:end])
            packed = data.draw(st.booleans())
            (logs / f"{number:03}").write_bytes(gzip.compress(content) if packed else content)
            if number == len(spans) - 1 or data.draw(st.booleans()):
                with pipeline.store_lock(made):
                    for file in pipeline.discover(made, dt.date(2026, 11, 3)).files:
                        pipeline.deidentify_file(made, file)
        parts = Records(made).parts(dt.date(2026, 11, 3)).get("mall", [])
        tables = [pq.read_table(path, columns=["second", "bytes"]).to_pylist() for path in parts]
        names = {bytes(one) for path in parts for one in pq.read_table(path)["visitor"].to_pylist()}
        maps = [row for path in held_maps(made) for row in pq.read_table(path).to_pylist()]
    held = Counter(Line(row["second"] - START, row["bytes"]) for rows in tables for row in rows)
    assert held == due(lines, spans)
    # Whoever has a record is called by one name a week and month, however often the file was read.
    assert {row["visitor"] for row in maps} == names
    assert all(len({row[grain] for row in maps}) == len(names) for grain in ("week", "month"))
