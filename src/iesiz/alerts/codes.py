"""What an alert can say: ``codes.toml`` as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class AlertCode:
    """A code, what it means, and the command to run."""

    code: str
    meaning: str
    command: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that is amiss.

    Attributes:
        site: the site that it is about, if one.
        period: the name of the period, or the ISO day.

    Raises:
        ValueError: nobody would know what the code means.
    """

    code: str
    site: str = ""
    period: str = ""

    def __post_init__(self) -> None:
        """Refuse a code that is not in the list."""
        if self.code not in alert_codes():
            raise ValueError(f"no alert is called {self.code}")

    def __str__(self) -> str:
        return " ".join(filter(None, (self.code, self.site, self.period)))


@cache
def alert_codes() -> Mapping[str, AlertCode]:
    """All codes."""
    found = tomllib.loads(resources.files("iesiz.alerts").joinpath("codes.toml").read_text("utf-8"))
    return {code: AlertCode(code, one["meaning"], one["command"]) for code, one in found.items()}
