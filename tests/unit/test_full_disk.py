"""A disk that is full: exit code 5, nothing published before is touched, and the night can be tried again."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.nights import NEXT, Network, log


@pytest.fixture
def net(day_one: Network) -> Network:
    """A network with one published day, to which a file of the next day has come."""
    day_one.write("logs/mall/web/good.log", log(NEXT))
    return day_one


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A function that mounts a disk of so many KiB; skipped where that takes rights that the tests lack."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = []

    def mount(size: int) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(place)]
        if os.getuid() or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("mounting a small disk needs root")
        mounted.append(place)
        return place

    yield mount
    for one in mounted:
        subprocess.run(["umount", str(one)], check=True)


@pytest.mark.parametrize("free", [8, pytest.param(64, marks=pytest.mark.slow), 1024])
def test_a_full_disk_leaves_what_was_published_and_can_be_tried_again(
    net: Network, small_disk: Callable[[int], Path], free: int
) -> None:
    used = sum(-(-path.stat().st_size // 4096) * 4 for path in net.store.rglob("*") if path.is_file())
    folders = sum(path.is_dir() for path in net.store.rglob("*"))
    disk = small_disk(used + folders + free)
    shutil.copytree(net.store, disk / "store")
    shutil.rmtree(net.store)
    net.store.symlink_to(disk / "store")
    before = net.partitions()
    done = net.command("run", "--day", NEXT.isoformat())
    assert done.returncode == 5, done.stderr.decode()
    assert re.search(r"store/.*(No space left on device|disk)", done.stderr.decode())
    assert net.partitions().items() >= before.items()
    subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
    assert net.night(NEXT).exit_code == 0
    assert {f"day={NEXT}"} < {part for name in net.partitions() for part in name.split("/")}


@pytest.mark.parametrize("size", [0, pytest.param(1000, marks=pytest.mark.slow), 100_000])
def test_a_file_that_cannot_be_written_whole_is_not_written_at_all(net: Network, size: int) -> None:
    """The system refuses to let a file grow beyond a size: the first write of each kind of file fails."""
    before = net.partitions()
    done = net.command(
        "run",
        "--day",
        NEXT.isoformat(),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    assert done.returncode == 5, done.stderr.decode()
    assert net.partitions().items() >= before.items()
    assert [path.name for path in net.store.rglob("*.staged")] == []
    assert net.night(NEXT).exit_code == 0
    assert (net.store / "published/tables/daily_visitors_by_site" / f"day={NEXT}").is_dir()
