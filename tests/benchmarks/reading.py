"""The two halves of the reading benchmark, each run as a process of its own so that its memory is its own.

    python tests/benchmarks/reading.py plain|iesiz LOG FOLDER

prints one JSON object: wall and CPU seconds of the work itself (imports and compilation aside) and the peak
memory of the process in MiB.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

THREADS = 2
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


def plain(log: Path, folder: Path) -> Callable[[], object]:
    """DuckDB's plain conversion: every field as text to zstd Parquet, nothing de-identified."""
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS})
    sql = PLAIN.replace("{target}", str(folder / "plain.parquet"))
    return lambda: connection.execute(sql, {"log": str(log)})


def iesiz(log: Path, folder: Path) -> Callable[[], object]:
    """The log to restricted Parquet."""
    from iesiz import pipeline
    from iesiz.settings import Settings
    from iesiz.vocabulary import FileRef

    settings = Settings.model_validate(
        {
            "base": folder,
            "store": {"path": "store"},
            "policy": {"editions": [{"name": "mega-coco-1", "in_force": dt.date(2020, 1, 1)}]},
            "sites": [
                {
                    "name": "mall",
                    "hosts": ["mall.example"],
                    "logs": [{"stream": "web", "paths": [str(log)], "format": "combined"}],
                }
            ],
            "reading": {"threads": THREADS},
        }
    )
    warm = folder / "warm.log"
    with log.open("rb") as lines:
        warm.write_bytes(b"".join(lines.readline() for _ in range(1000)))

    def read() -> None:
        with pipeline.store_lock(settings):
            counts = pipeline.deidentify_file(settings, FileRef("mall", "web", log))
            if counts.verdict not in ("read", "grown"):
                raise SystemExit(f"the log was {counts.verdict}")

    with pipeline.store_lock(settings):
        pipeline.deidentify_file(settings, FileRef("mall", "web", warm))
    return read


def main() -> None:
    """Measure one half."""
    which, log, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    work = {"plain": plain, "iesiz": iesiz}[which](log, folder)
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "peak": used}))


if __name__ == "__main__":
    main()
