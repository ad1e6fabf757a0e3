"""The format of a log is found by its first lines, held against the declared one, and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from iesiz.errors import InputError, SettingsError
from iesiz.parse import choose_format
from tests.unit.log_lines import COMBINED, COMMON, LINES
from tests.unit.small_world import block_of
from tests.unit.test_formats import PRESETS


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize("declared", ["auto", "the same"])
def test_the_format_is_found_by_the_first_lines(form: str, declared: str) -> None:
    start = block_of((LINES[form] + b"\n") * 3 + b"# x\n\nno access line\n")
    found = choose_format(Path("access.log"), "auto" if declared == "auto" else form, start)
    assert (found.form.name, found.share) == (form, 0.75)


@pytest.mark.parametrize("form", LINES)
@pytest.mark.parametrize("declared", LINES)
def test_a_log_of_another_format_than_declared_is_refused(form: str, declared: str) -> None:
    start = block_of((LINES[form] + b"\n") * 3)
    if form == declared:
        assert choose_format(Path("access.log"), declared, start).share == 1.0
        return
    with pytest.raises(InputError, match=f"expected .*{declared}, found {form}") as caught:
        choose_format(Path("access.log"), declared, start)
    assert caught.value.exit_code == 3


def test_an_ipv6_client_is_not_taken_for_a_virtual_host() -> None:
    agent = b"Mozilla/5.0 (iPhone) [FBAN/FBIOS]"  # a bracket as before the time
    line = COMBINED.replace(b"192.0.2.1", b"2001:db8::1").replace(b"Mozilla/5.0 (X11; Linux x86_64)", agent)
    assert choose_format(Path("access.log"), "auto", block_of(line)).form.name == "combined"


@pytest.mark.parametrize(
    "content",
    [
        b"2026/11/03 09:00:00 [error] 22#22: *1 upstream timed out, client: 192.0.2.1\n" * 3,
        b'{"remote_ip": "192.0.2.1", "status": 200}\n',
        bytes(range(256)) * 8,
        COMMON + b"\n" + b"x\n" * 2,  # fewer than half of the lines
    ],
)
@pytest.mark.parametrize("declared", ["auto", "common"])
def test_what_is_no_access_log_is_refused_not_guessed(content: bytes, declared: str) -> None:
    with pytest.raises(InputError, match="none of the formats") as caught:
        choose_format(Path("access.log"), declared, block_of(content))
    assert "192.0.2.1" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(InputError, match="holds no log line"):
        choose_format(Path("access.log"), "auto", block_of(b""))


def test_an_unknown_format_name_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="auto, common, combined"):
        choose_format(Path("access.log"), "combind", block_of(COMMON))


@pytest.mark.parametrize(
    "content", [b"", b"\n\n", b"#Software: Microsoft Internet Information Services 10.0\n"]
)
def test_a_quiet_servers_file_has_the_format_that_was_declared(content: bytes) -> None:
    # Nothing but comments and empty lines is no reason to stop a night; to find a format it is not enough.
    assert choose_format(Path("access.log"), "combined", block_of(content)).form.name == "combined"
    with pytest.raises(InputError, match="holds no log line"):
        choose_format(Path("access.log"), "auto", block_of(content))


def test_a_declared_format_string_is_held_against_the_lines() -> None:
    string = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent'
    assert choose_format(Path("a.log"), string, block_of((COMMON + b"\n") * 3)).form.name == string
    with pytest.raises(InputError, match="found combined"):
        choose_format(Path("a.log"), string, block_of((COMBINED + b"\n") * 3))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_found(name: str) -> None:
    assert choose_format(Path("a.log"), "auto", block_of(PRESETS[name] + b"\n")).form.name == name


def test_a_user_with_blanks_is_not_taken_for_a_virtual_host() -> None:
    line = COMBINED.replace(b"- - [", b"- Aigerim M [")
    assert choose_format(Path("a.log"), "auto", block_of(line)).form.name == "combined"
