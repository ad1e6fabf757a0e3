"""A part that is absent is said aloud, and fails where it is insisted on."""

from __future__ import annotations

import pytest

from tests import conftest


@pytest.fixture(autouse=True)
def _absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "PARTS", {"goaccess": lambda: None, "corpora": lambda: None})


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("all", "goaccess"),
        ("goaccess", "goaccess"),
        ("chromium,goaccess", "goaccess"),
        ("all,corpora", "corpora"),
    ],
)
def test_an_absent_part_that_is_insisted_on_fails(
    monkeypatch: pytest.MonkeyPatch, asked: str, part: str
) -> None:
    monkeypatch.setenv("IESIZ_REQUIRE", asked)
    with pytest.raises(pytest.fail.Exception, match=part):
        conftest.find_part(part)


@pytest.mark.parametrize(("asked", "part"), [("", "goaccess"), ("chromium", "goaccess"), ("all", "corpora")])
def test_an_absent_part_is_otherwise_skipped(monkeypatch: pytest.MonkeyPatch, asked: str, part: str) -> None:
    monkeypatch.setenv("IESIZ_REQUIRE", asked)
    with pytest.raises(pytest.skip.Exception, match=f"{part} is not here"):
        conftest.find_part(part)
