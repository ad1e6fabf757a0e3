"""Content decides what a file is: copies, packed copies, grown files come to the bytes of a clean run."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from iesiz import pipeline
from iesiz.night import NightCounts
from tests.nights import DAY, NEXT, Network, log, network, site

WHOLE = log(DAY, range(1, 61))  # 120 lines


def verdicts(counts: NightCounts) -> dict[str, str]:
    return {one.name: one.verdict for one in counts.files}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A day from one file in one night: what every other order of arrival has to come to."""
    net = network(tmp_path_factory.mktemp("clean"))
    net.write("logs/mall/web/access.log", WHOLE)
    assert [one.verdict for one in net.night(DAY).days] == ["published"]
    return net


def test_reading_again_before_publication_adds_nothing(tmp_path: Path, clean: Network) -> None:
    net = network(tmp_path / "network", site("mall", "web", more="close_after_days = 30"))
    net.write("logs/mall/web/access.log", WHOLE)
    settings = net.settings
    for _ in range(2):
        with pipeline.store_lock(settings):
            for file in pipeline.discover(settings, DAY).files:
                pipeline.deidentify_file(settings, file)
        before = net.everything()
    with pipeline.store_lock(settings):
        for file in pipeline.discover(settings, DAY).files:
            assert pipeline.deidentify_file(settings, file).verdict == "known"
    assert net.everything() == before
    assert net.published() == {}
    net.night(DAY)
    assert net.partitions() == clean.partitions()


def touched(net: Network) -> None:
    os.utime(net.base / "logs/mall/web/access.log", (1, 1))


def copied(net: Network) -> None:
    net.write("logs/mall/web/copy.log", WHOLE)


def compressed(net: Network) -> None:
    net.write("logs/mall/web/access.log.1.gz", gzip.compress(WHOLE, 1))


def compressed_in_parts(net: Network) -> None:
    half = len(WHOLE) // 2
    net.write("logs/mall/web/access.log.1.gz", gzip.compress(WHOLE[:half]) + gzip.compress(WHOLE[half:]))


@pytest.mark.parametrize("change", [touched, copied, compressed, compressed_in_parts])
def test_what_was_read_before_adds_nothing(
    tmp_path: Path, clean: Network, change: Callable[[Network], None]
) -> None:
    net = network(tmp_path / "network")
    net.write("logs/mall/web/access.log", WHOLE)
    net.read()
    change(net)
    counts = net.night(DAY)
    assert {one.verdict for one in counts.files} == {"known"}
    assert net.partitions() == clean.partitions()


@pytest.mark.parametrize("first", ["access.log", "zz.log"])
@pytest.mark.parametrize("lines", [1, 20, 119])
def test_a_grown_file_comes_to_the_same_bytes(tmp_path: Path, clean: Network, first: str, lines: int) -> None:
    net = network(tmp_path / "network")
    start = b"".join(WHOLE.splitlines(keepends=True)[:lines])
    net.write(f"logs/mall/web/{first}", start)
    net.read()
    net.write("logs/mall/web/access.log", WHOLE)
    counts = net.night(DAY)
    assert verdicts(counts)["access.log"] == "grown"
    assert net.partitions() == clean.partitions()


def test_a_file_that_was_cut_within_a_line_and_grew_comes_to_the_same_bytes(
    tmp_path: Path, clean: Network
) -> None:
    net = network(tmp_path / "network")
    start = b"".join(WHOLE.splitlines(keepends=True)[:30])
    net.write("logs/mall/web/access.log", start + WHOLE.splitlines()[30][:40])
    net.read()
    net.write("logs/mall/web/access.log", WHOLE)
    assert verdicts(net.night(DAY)) == {"access.log": "grown"}
    assert net.partitions() == clean.partitions()


@pytest.mark.parametrize("names", [("a.log", "b.log"), ("b.log", "a.log")])
def test_a_file_and_its_beginning_in_one_night_count_once_in_either_order(
    tmp_path: Path, clean: Network, names: tuple[str, str]
) -> None:
    net = network(tmp_path / "network")
    whole, beginning = names
    net.write(f"logs/mall/web/{whole}", WHOLE)
    net.write(f"logs/mall/web/{beginning}", b"".join(WHOLE.splitlines(keepends=True)[:20]))
    net.night(DAY)
    assert net.partitions() == clean.partitions()


def test_lines_in_any_files_and_days_in_any_order_come_to_the_same_tables(tmp_path: Path) -> None:
    net, ordered = network(tmp_path / "network"), network(tmp_path / "ordered")
    pieces = (log(DAY) + log(NEXT)).splitlines(keepends=True)
    for number in range(4):
        net.write(f"logs/mall/web/piece-{3 - number}.log", b"".join(reversed(pieces[number::4])))
        net.read()
    net.night(NEXT, DAY)
    ordered.write("logs/mall/web/access.log", b"".join(pieces))
    ordered.night(DAY, NEXT)
    assert tables(net) == tables(ordered)
    assert {name.split("/")[2] for name in tables(net)} == {f"day={DAY}", f"day={NEXT}"}


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 75), (50, 120)],
        [(50, 120), (0, 75)],
        [(0, 120), (25, 75)],
        [(25, 75), (0, 120)],
        [(0, 60), (60, 120), (30, 90)],
        [(0, 60), (0, 110), (50, 120)],
    ],
)
@pytest.mark.parametrize("runs", ["one", "several"])
def test_slices_and_overlaps_come_to_the_same_tables(
    tmp_path: Path, clean: Network, spans: list[tuple[int, int]], runs: str
) -> None:
    net = network(tmp_path / "network")
    for number, (begin, end) in enumerate(spans):
        content = b"".join(WHOLE.splitlines(keepends=True)[begin:end])
        net.write(f"logs/mall/web/{number}.log.gz", gzip.compress(content))
        if runs == "several":
            net.read()
    net.night(DAY)
    assert tables(net) == tables(clean)


def tables(net: Network) -> dict[str, str]:
    return {name: digest for name, digest in net.published().items() if name.startswith("tables/")}


def test_the_same_inputs_and_keys_give_the_same_bytes(tmp_path: Path, clean: Network) -> None:
    twin = network(tmp_path / "twin")
    twin.write("logs/mall/web/access.log", WHOLE)
    (twin.store / "restricted").mkdir(parents=True, mode=0o700)
    shutil.copy(clean.store / "iesiz-store", twin.store / "iesiz-store")
    shutil.copytree(clean.store / "restricted" / "keys", twin.store / "restricted" / "keys")
    shutil.copy(clean.store / "restricted" / "store-id", twin.store / "restricted" / "store-id")
    twin.night(DAY)
    assert twin.partitions() == clean.partitions()
    assert records(twin) == records(clean)
    other = network(tmp_path / "other-keys")
    other.write("logs/mall/web/access.log", WHOLE)
    other.night(DAY)
    assert records(other) != records(clean)


def records(net: Network) -> dict[str, str]:
    return {
        name: digest for name, digest in net.everything().items() if name.startswith("restricted/requests")
    }
