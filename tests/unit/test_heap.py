"""One heap for a process that runs nights: pyarrow takes from it too, and no thread has its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from iesiz.heap import FREE_AT_END, LARGE

HEAPS = """
import ctypes, sys, threading
if sys.argv[1] == "one":
    from iesiz.heap import use_one_heap
    use_one_heap()
import pyarrow as pa
library = ctypes.CDLL(None)
barrier = threading.Barrier(4)
def allocate():
    library.malloc(64)
    barrier.wait()
for _ in range(3):
    threading.Thread(target=allocate).start()
barrier.wait()
library.fdopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(library.fdopen(1, b"w"))
library.malloc_info(0, stream)
library.fflush(stream)
print(pa.default_memory_pool().backend_name, file=sys.stderr)
"""


def heaps(how: str) -> tuple[int, str]:
    """How many heaps the C library tells of, and what pyarrow's memory comes from."""
    done = subprocess.run([sys.executable, "-c", HEAPS, how], capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr="), done.stderr.strip()


LARGE_ONES = """
import ctypes, sys
if sys.argv[1] == "one":
    from iesiz.heap import use_one_heap
    use_one_heap()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
for _ in range(3):
    library.free(ctypes.c_void_p(library.malloc(12 << 20)))
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena b c d mapped f g h i j".split()]
library.mallinfo2.restype = Info
held = library.malloc(12 << 20)
print(library.mallinfo2().mapped >> 20)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library of Linux tells of its heaps")
def test_large_arrays_stay_outside_the_heap_however_often_they_come_and_go() -> None:
    mapped = [
        int(subprocess.run([sys.executable, "-c", LARGE_ONES, how], capture_output=True, check=True).stdout)
        for how in ("one", "as it is")
    ]
    assert mapped[0] >= 12 > mapped[1]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the C library of Linux tells of its heaps")
def test_all_threads_share_one_heap_with_pyarrow() -> None:
    assert heaps("one") == (1, "system")
    many, pool = heaps("as it is")
    assert many > 1
    assert pool != "system"


def test_the_command_line_starts_before_pyarrow_is_loaded() -> None:
    code = "import sys, iesiz.cli; sys.exit('pyarrow' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_deployments_that_publish_have_the_same_heap() -> None:
    made = yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text("utf-8"))["deployments"]
    told = {one["name"]: one["work_pool"]["job_variables"]["env"] for one in made}
    wanted = {
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": str(LARGE),
        "MALLOC_TRIM_THRESHOLD_": str(FREE_AT_END),
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "DO_NOT_TRACK": "1",
    }
    assert {name: told[name] for name in ("nightly", "backfill")} == {"nightly": wanted, "backfill": wanted}
