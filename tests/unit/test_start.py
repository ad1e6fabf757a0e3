"""What a process loads and says by itself: `iesiz --help` is not to wait for what it does not use."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("duckdb", "numpy", "numba", "pandas", "prefect", "pyarrow", "pydantic", "highspy", "rich")


def test_help_loads_no_engine() -> None:
    code = (
        "import sys\nfrom iesiz.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "Commands" in told.stdout
    assert told.stdout.splitlines()[-1] == "[]"


def test_the_engine_shows_no_progress_of_its_own() -> None:
    """In a program that is no file it would, between the answers on standard output."""
    code = (
        "from iesiz.aggregate.session import connect\n"
        "asked = connect(1, '100MB', None).execute(\"select current_setting('enable_progress_bar')\")\n"
        "print(asked.fetchall())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[(False,)]\n"
