"""Small networks: settings and logs in a folder, a night in this process or by the command line."""

from __future__ import annotations

import calendar
import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iesiz import pipeline
from iesiz.deidentify.key_files import StoredKey, write_key
from iesiz.deidentify.keys import KeyRing
from iesiz.night import NightCounts, run_night
from iesiz.periods import LONGER, Period
from iesiz.settings import Settings, load_settings
from iesiz.storage import MARK, prepare_store, store_id
from iesiz.vocabulary import KeyFacts
from tests.command import run_here

DAY = dt.date(2025, 3, 3)
NEXT = dt.date(2025, 3, 4)
MAIN = "from iesiz.cli import main; main()"
NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
RUNS = "restricted/runs.jsonl"
HEAD = """
[store]
path = "store"
[[policy.editions]]
name = "mega-coco-1"
in_force = 2025-01-01
"""


@dataclass(frozen=True)
class Network:
    """A settings file, what it names, and its store, all in one folder."""

    base: Path

    @property
    def settings(self) -> Settings:
        """The settings as they stand."""
        return load_settings(self.base / "iesiz.toml")

    @property
    def store(self) -> Path:
        """The folder of the store."""
        return self.base / "store"

    def write(self, name: str, content: bytes) -> Path:
        """Deliver a file."""
        path = self.base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def plant_keys(self) -> None:
        """Give the keys that decide on what is published, so that two networks publish the same bytes."""
        if self.store.exists() and not (self.store / MARK).is_file():
            return
        prepare_store(self.settings)
        keys, store = KeyRing.of(self.settings), store_id(self.settings.restricted)
        days = [DAY + dt.timedelta(days=step) for step in range(-9, 30)]
        longer = {Period.of(grain, day).name.lower() for grain in LONGER for day in days}
        for purpose in ("threshold", "sampling"):
            for epoch in (*map(str, days), *sorted(longer)):
                if not keys.has(purpose, "network", epoch):
                    facts = KeyFacts(purpose, "network", epoch, dt.datetime.now(dt.UTC).date(), None)
                    secret = hashlib.sha256(f"{purpose} {epoch}".encode()).digest()
                    path = keys.path(purpose, "network", epoch)
                    write_key(path, StoredKey(facts, store, secret), keys.box)

    def night(self, *days: dt.date) -> NightCounts:
        """Run a night in this process."""
        self.plant_keys()
        return run_night(self.settings, days, lambda *_: None)

    def read(self) -> None:
        """Read what has arrived, and close nothing."""
        self.plant_keys()
        settings = self.settings
        with pipeline.store_lock(settings):
            for file in pipeline.discover(settings, DAY).files:
                pipeline.deidentify_file(settings, file)
            pipeline.deidentify_registrations(settings)

    def command(
        self, *arguments: str, before: str = "", **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command line in a process of its own; ``before`` is Python that runs first in it."""
        self.plant_keys()
        code = [sys.executable, "-c", f"{before}\n{MAIN}", *arguments]
        env = {**os.environ, "COLUMNS": "1000", **options.pop("env", {})}
        return subprocess.run(code, cwd=self.base, capture_output=True, env=env, **options)

    def asked(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run the command line in this process, where no test needs a process of its own for it."""
        self.plant_keys()
        return run_here(self.base, *arguments)

    def copy_to(self, base: Path) -> Network:
        """The same network and store elsewhere, so that one published day serves many tests."""
        return Network(Path(shutil.copytree(self.base, base)))

    def published(self) -> dict[str, str]:
        """SHA-256 of each published file, by its path."""
        return hashes(self.store / "published")

    def partitions(self) -> dict[str, str]:
        """What may never change: SHA-256 of every published partition, and the lines of the public ledger."""
        tables = {name: digest for name, digest in self.published().items() if name.startswith("tables/")}
        ledger = (self.store / "published" / "ledger.jsonl").read_text("utf-8").splitlines()
        return tables | {f"ledger, line {number}": line for number, line in enumerate(ledger, 1)}

    def everything(self) -> dict[str, str]:
        """SHA-256 of each file of the store, keys among them; only the record of runs grows with each run."""
        return {name: digest for name, digest in hashes(self.store).items() if name != RUNS}


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def site(name: str, *streams: str, form: str = "combined", more: str = "") -> str:
    """A site's settings; the log of each stream is any file under ``logs/<site>/<stream>``."""
    logs = "".join(
        f'[[sites.logs]]\nstream = "{stream}"\npaths = ["logs/{name}/{stream}/*"]\nformat = "{form}"\n'
        for stream in streams
    )
    return f'[[sites]]\nname = "{name}"\nhosts = ["{name}.example"]\n{more}\n{logs}'


def network(base: Path, *parts: str) -> Network:
    """Make a network of settings parts; one site ``mall`` with one stream ``web`` by default."""
    base.mkdir(parents=True, exist_ok=True)
    made = Network(base)
    made.write("iesiz.toml", (HEAD + "\n".join(parts or (site("mall", "web"),))).encode())
    return made


def line(day: dt.date, visitor: int, path: str = "/ru/shops", second: int = 0, agent: str = BROWSER) -> bytes:
    """One line of the combined format, ``second`` seconds after ten o'clock."""
    clock = dt.datetime.combine(day, dt.time(10)) + dt.timedelta(seconds=second)
    written = f"{clock:%d}/{calendar.month_abbr[day.month]}/{clock:%Y:%H:%M:%S} +0500"
    address = f"{NETWORKS[visitor % 3]}.{visitor}"
    return f'{address} - - [{written}] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"\n'.encode()


def log(day: dt.date, visitors: Iterable[int] = range(1, 31)) -> bytes:
    """Two pageviews of each visitor; thirty visitors are enough for a cell, whatever its secret part."""
    return b"".join(line(day, one, path, one) for one in visitors for path in ("/ru/shops", "/ru/news"))
