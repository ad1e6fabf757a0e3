"""``iesiz read``: the format and how sure it is, counts, and what would become of each field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from iesiz.cli import app
from iesiz.errors import InputError
from iesiz.policy.registry import TREATMENTS
from iesiz.tools import BECOMES
from tests.unit.log_lines import COMBINED, LINES
from tests.unit.test_formats import PRESETS

COUNTS = {"format", "lines", "recognised", "ignored", "rejected", "malformed", "reasons", "bytes", "hosts"}
COUNTS |= {"visitor_days", "visits", "duplicates", "out_of_order", "first", "last", "fields"}


def run(*arguments: str) -> str:
    made = CliRunner().invoke(app, ["read", *arguments])
    if made.exception is not None and not isinstance(made.exception, SystemExit):
        raise made.exception
    return made.output


def said(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(*arguments, "--json"))
    return found


@pytest.mark.parametrize("name", [*LINES, *PRESETS])
def test_each_format_is_shown_with_its_certainty_and_fields(tmp_path: Path, name: str) -> None:
    *before, line = {**LINES, **PRESETS}[name].split(b"\n")
    path = tmp_path / "access.log"
    path.write_bytes(b"\n".join([*before, *[line] * 9, b"x", b""]))
    found = said(str(path))
    assert set(found) >= COUNTS
    assert (found["format"], found["certainty"]) == (name, 0.9)
    assert found["reasons"]["other_form"] == 1
    fates = {one["field"]: one for one in found["treatments"]}
    assert set(fates) == set(found["fields"])
    for field in ("address", "time", "request", "status", "bytes"):
        assert fates[field]["clause"] == "1.A.B", field
    assert ("duration" in fates) == (name in PRESETS)
    assert fates["address"]["becomes"] == "pseudonym of the day"
    shown = run(str(path))
    assert name in shown
    assert "90.0% of the first lines" in shown
    assert all(field in shown for field in fates)


def test_what_a_format_string_has_and_nobody_reads_is_said(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(COMBINED + b" sid=1 0.120 7\n")
    tail = '"$http_referer" "$http_user_agent" $http_cookie $request_time $connection'
    string = f'$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent {tail}'
    becomes = {one["field"]: one["becomes"] for one in said(str(path), "--format", string)["treatments"]}
    assert {name for name, fate in becomes.items() if fate == "not read"} == {"$http_cookie", "$connection"}
    assert (becomes["duration"], becomes["user"]) == ("kept as it is", "dropped")


def test_of_columns_those_that_the_file_has_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "ex.log"
    path.write_bytes(
        b"#Fields: date time c-ip cs-method cs-uri-stem sc-status cs(Cookie) time-taken\n"
        b"2026-11-03 04:00:00 192.0.2.1 GET /a 200 sid=1 3\n"
        b"#Fields: date time c-ip cs-method cs-uri-stem sc-status s-port\n"
        b"2026-11-03 04:00:01 192.0.2.1 GET /a 200 443\n"
    )
    found = said(str(path))
    assert found["recognised"] == 2
    assert set(found["fields"]) == {
        *("time", "address", "request", "status", "duration"),
        *("cs(Cookie)", "s-port"),
    }


def test_of_several_files_the_least_certainty_counts_and_fields_add_up(tmp_path: Path) -> None:
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    one.write_bytes(COMBINED + b"\n")
    two.write_bytes((LINES["vhost_combined"] + b"\n") * 3 + b"x\n")
    found = said(str(one), str(two))
    assert (found["format"], found["certainty"]) == ("mixed", 0.75)
    assert [file["certainty"] for file in found["files"]] == [1.0, 0.75]
    assert {"host", "ident"} <= set(found["fields"])


def test_every_treatment_has_its_words() -> None:
    assert set(BECOMES) == TREATMENTS["access_log"]


def test_a_file_of_no_known_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "other.log"
    path.write_bytes(b"hello 192.0.2.7\nworld\n")
    with pytest.raises(InputError, match=r"none of the formats.*own format string.*--format") as caught:
        run(str(path))
    assert "192.0.2.7" not in str(caught.value)
