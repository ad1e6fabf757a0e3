"""What the benchmarks compare, each run as a process of its own so that its memory is its own.

    python tests/benchmarks/halves.py NAME LOG FOLDER [FORMAT]

prints one JSON object: wall and CPU seconds of the work itself (imports and compilation aside) and the peak
memory of the process in MiB, of its child where the work is another program's. ``NAME`` is one of:

    plain     DuckDB's plain conversion: every field as text to zstd Parquet, nothing de-identified
    reading   the log to restricted Parquet
    night     a whole night: read, aggregate all tables, protect, audit, publish, build the catalog
    goaccess  GoAccess with its report as JSON
    importer  the parse-only loop of the field's importers
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iesiz.settings import Settings

Work = Callable[[], object]
THREADS = 2
DAY = dt.date(2026, 11, 20)
FEW_LINES = 1000
PLAIN = """
copy (
    select * from read_csv(
        $log, delim = ' ', quote = '"', escape = '\\', header = false, auto_detect = false,
        columns = {'address': 'varchar', 'ident': 'varchar', 'user': 'varchar', 'time': 'varchar',
                   'zone': 'varchar', 'request': 'varchar', 'status': 'varchar', 'bytes': 'varchar',
                   'referrer': 'varchar', 'agent': 'varchar'}
    )
) to '{target}' (format parquet, compression zstd)
"""


def plain(log: Path, folder: Path, form: str) -> Work:
    """DuckDB's plain conversion."""
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})
    sql = PLAIN.replace("{target}", str(folder / "plain.parquet"))
    return lambda: connection.execute(sql, {"log": str(log)})


def reading(log: Path, folder: Path, form: str) -> Work:
    """The log to restricted Parquet."""
    warm = first_lines(log, folder / "warm")
    read(settings_of(warm, folder / "warm", form), warm)
    settings = settings_of(log, folder, form)
    return lambda: read(settings, log)


def night(log: Path, folder: Path, form: str) -> Work:
    """A whole night."""
    warm = first_lines(log, folder / "warm")
    close(settings_of(warm, folder / "warm", form))
    settings = settings_of(log, folder, form)
    return lambda: close(settings)


def goaccess(log: Path, folder: Path, form: str) -> Work:
    """GoAccess with its report as JSON."""
    command = ["goaccess", log, f"--log-format={form.upper()}", "--no-global-config", "--no-progress"]
    return lambda: subprocess.run([*command, "-o", folder / "report.json"], check=True, capture_output=True)


def importer(log: Path, folder: Path, form: str) -> Work:
    """The importers' loop."""
    from tests.benchmarks.importer import parse

    return lambda: parse(log)


def first_lines(log: Path, folder: Path) -> Path:
    """A log of a few lines, by whose reading everything is compiled and loaded before the clock starts."""
    folder.mkdir()
    start = folder / "few.log"
    with (gzip.open if log.suffix == ".gz" else open)(log, "rb") as lines:
        start.write_bytes(b"".join(lines.readline() for _ in range(FEW_LINES)))
    return start


def settings_of(log: Path, folder: Path, form: str) -> Settings:
    """A network of one site with one log."""
    from iesiz.settings import Settings

    stream = {"stream": "web", "paths": [str(log)], "format": form}
    return Settings.model_validate(
        {
            "base": folder,
            "store": {"path": "store"},
            "policy": {"editions": [{"name": "mega-coco-1", "in_force": dt.date(2020, 1, 1)}]},
            "sites": [{"name": "mall", "hosts": ["mall.example"], "logs": [stream]}],
            "reading": {"threads": THREADS},
        }
    )


def read(settings: Settings, log: Path) -> None:
    """Read a log to restricted records."""
    from iesiz import pipeline
    from iesiz.vocabulary import FileRef

    with pipeline.store_lock(settings):
        counts = pipeline.deidentify_file(settings, FileRef("mall", "web", log))
        if counts.verdict != "read" or counts.counts.rejected:
            raise SystemExit(f"the log was {counts.verdict}, rejected lines: {counts.counts.rejected}")


def close(settings: Settings) -> None:
    """Run a night that closes the day of the lines."""
    from iesiz.night import run_night

    counts = run_night(settings, [DAY], lambda *_: None)
    if counts.failures or [one.verdict for one in counts.days] != ["published"]:
        raise SystemExit(f"the night did not publish its day: {counts.failures}")


def main() -> None:
    """Measure one half."""
    name, log, folder, *form = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:]
    halves = {one.__name__: one for one in (plain, reading, night, goaccess, importer)}
    if name in ("reading", "night"):
        from iesiz.heap import use_one_heap

        use_one_heap()  # as the command line does
    work = halves[name](log, folder, form[0] if form else "combined")
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    who = resource.RUSAGE_CHILDREN if name == "goaccess" else resource.RUSAGE_SELF
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": resource.getrusage(who).ru_maxrss / 1024}))


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


if __name__ == "__main__":
    main()
