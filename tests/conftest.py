"""What all tests share: where things are, and what happens when a part is absent.

A test asks ``require("goaccess")`` for a part that a machine may lack. Absent, the test is skipped, and the
last lines of the run say so aloud; with ``IESIZ_REQUIRE=all``, or with the part named in it
(``IESIZ_REQUIRE=goaccess,chromium``), it fails.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from tests.nights import DAY, Network, log, network
from tests.postgresql import Server, new_server

ROOT = Path(__file__).parents[1]
CORPORA = ROOT.parent / "shared" / "corpora"

# No test asserts a time; the first call of a kernel compiles it.
settings.register_profile("iesiz", deadline=None)
settings.load_profile("iesiz")

Require = Callable[[str], Path]


def first_program(*names: str) -> Path | None:
    """Return the first program that is on the path."""
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else None


def postgresql_programs() -> Path | None:
    """Return the folder with ``initdb`` and ``pg_ctl``, which Debian keeps off the path."""
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(folders, key=lambda program: int(program.parts[-3]), default=first_program("initdb"))
    return newest.parent if newest else None


PARTS: Mapping[str, Callable[[], Path | None]] = {
    "chromium": lambda: first_program("chromium", "chromium-browser", "google-chrome"),
    "corpora": lambda: CORPORA if CORPORA.is_dir() else None,
    "gcc": lambda: first_program("gcc", "cc"),
    "goaccess": lambda: first_program("goaccess"),
    "postgresql": postgresql_programs,
}
# The corpora are no part that a machine can be given: `all` does not ask for them, their name does.
NOT_IN_ALL = {"corpora"}


def is_required(part: str) -> bool:
    """Whether the absence of ``part`` is a failure."""
    asked = set(filter(None, os.environ.get("IESIZ_REQUIRE", "").replace(",", " ").split()))
    return part in asked or ("all" in asked and part not in NOT_IN_ALL)


def find_part(part: str) -> Path:
    """Return where ``part`` is, or end the test."""
    found = PARTS[part]()
    if found:
        return found
    if is_required(part):
        pytest.fail(f"{part} is not here, and IESIZ_REQUIRE insists on it", pytrace=False)
    pytest.skip(f"{part} is not here (IESIZ_REQUIRE={part} insists on it)")


@pytest.fixture(scope="session")
def require() -> Require:
    """Return the function that finds a part or ends the test."""
    return find_part


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Return the folder of reference material."""
    return find_part("corpora")


@pytest.fixture(scope="session")
def sample() -> Path:
    """Return the bundled synthetic sample; never written to."""
    return ROOT / "data" / "sample"


@pytest.fixture(scope="session")
def one_day(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A published day of thirty visitors of one site; never written to."""
    net = network(tmp_path_factory.mktemp("one-day") / "network")
    net.write("logs/mall/web/access.log", log(DAY))
    assert net.night(DAY).exit_code == 0
    return net


@pytest.fixture
def day_one(one_day: Network, tmp_path: Path) -> Network:
    """The same, the test's own."""
    return one_day.copy_to(tmp_path / "network")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """Return a running PostgreSQL server of the tests' own, without a table."""
    programs = find_part("postgresql")
    # Not below pytest's own folder, which nobody else may enter, and the server is no superuser's.
    with tempfile.TemporaryDirectory(prefix="iesiz-postgresql-") as folder:
        server = new_server(programs, Path(folder))
        yield server
        server.stop()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Share tests out by what they share, where they are shared out by files."""
    from tests.sharing import ByStore

    return ByStore(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was not tested here, and why."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if reasons:
        terminalreporter.section("NOT TESTED HERE", sep="!", yellow=True, bold=True)
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:5} skipped: {reason}", yellow=True)
