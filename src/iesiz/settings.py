"""One frozen ``Settings`` read from ``iesiz.toml``; every path derives from it.

In: a TOML file. Out: ``Settings``. It must not open anything else, nor fall back to a default
where a privacy rule is concerned: an unknown key, a short threshold or a wrong type raises.
"""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from iesiz.alert_settings import Alerts
from iesiz.errors import SettingsError
from iesiz.key_settings import Keys
from iesiz.mechanisms import DP, DpBudget, TableChoice
from iesiz.registration_settings import Registration
from iesiz.rule_settings import MicrodataRules, Thresholds
from iesiz.settings_section import Name, Section
from iesiz.site_settings import Site
from iesiz.vocabulary import CATALOG


class Edition(Section):
    """An edition of the privacy policy and the day from which it is in force (the operator sets it)."""

    name: Name
    in_force: dt.date


class Policy(Section):
    """The editions of the policy, oldest first."""

    editions: Annotated[list[Edition], Field(min_length=1)]


class Store(Section):
    """The folder that holds the restricted and the published zone, relative to the settings file."""

    path: str


class Reading(Section):
    """How logs are read: share of rejected lines above which a file is stopped, threads, bytes at a time."""

    max_rejected_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    chunk_bytes: Annotated[int, Field(ge=1 << 16, le=1 << 28)] = 15 << 19


class Keeping(Section):
    """Keeping times of the restricted zone in days; the policy allows at most 45."""

    after_publication_days: Annotated[int, Field(ge=0, le=45)] = 7
    at_most_days: Annotated[int, Field(ge=1, le=45)] = 45


class Settings(Section):
    """Everything that an operator decides.

    Attributes:
        base: folder of the settings file; relative paths start there.
        tables: how tables (or microdata) are protected where it is not by suppression.
        dp: the privacy budget of the tables with noise.
    """

    base: Path
    store: Store
    policy: Policy
    sites: Annotated[list[Site], Field(min_length=1)]
    registration: Registration | None = None
    thresholds: Thresholds = Thresholds()
    microdata: MicrodataRules = MicrodataRules()
    reading: Reading = Reading()
    keeping: Keeping = Keeping()
    alerts: Alerts = Alerts()
    keys: Keys = Keys()
    tables: dict[Name, TableChoice] = Field(default_factory=dict)
    dp: DpBudget | None = None

    @model_validator(mode="after")
    def _noise_has_a_budget(self) -> Settings:
        if self.dp is None and any(one.mechanism == DP for one in self.tables.values()):
            raise ValueError("mechanism = 'dp' needs [dp] with month and year: the budgets, in rho")
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        names = [site.name for site in self.sites]
        if len(set(names)) != len(names):
            raise ValueError("two sites have the same name")
        for site in self.sites:
            streams = [log.stream for log in site.logs]
            if len(set(streams)) != len(streams):
                raise ValueError("two logs of a site have the same stream")
        unknown = set(self.registration.sites if self.registration else ()) - set(names)
        if unknown:
            raise ValueError(
                f"registration.sites names no site of the settings: {', '.join(sorted(unknown))}"
            )
        return self

    @property
    def store_path(self) -> Path:
        """The folder of the store."""
        return self.base / self.store.path

    @property
    def restricted(self) -> Path:
        """The restricted zone, mode 0700."""
        return self.store_path / "restricted"

    @property
    def scratch(self) -> Path:
        """Where the aggregation of a day puts what memory cannot hold: pseudonymous, and for that time."""
        return self.restricted / "scratch"

    @property
    def published(self) -> Path:
        """The published zone."""
        return self.store_path / "published"

    @property
    def catalog(self) -> Path:
        """The reader's DuckDB file."""
        return self.published / CATALOG

    @property
    def own_hosts(self) -> frozenset[str]:
        """All host names of the network."""
        return frozenset(host.lower() for site in self.sites for host in site.hosts)

    def site(self, name: str) -> Site:
        """Return the site of that name.

        Raises:
            SettingsError: there is none.
        """
        for site in self.sites:
            if site.name == name:
                return site
        raise SettingsError(f"No site is called {name!r} in iesiz.toml.")


def load_settings(path: Path) -> Settings:
    """Read and check ``iesiz.toml``.

    Raises:
        SettingsError: the file is missing, not TOML, or holds a wrong key or value; the message
            names the key, what was expected, and the near name of an unknown key.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file. `iesiz init` writes one.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: not a readable TOML file ({_short(error)}).") from None
    if "base" in raw:
        raise SettingsError(f"{path}: unknown key 'base'.")
    try:
        return Settings.model_validate({**raw, "base": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError(f"{path}: " + "; ".join(_finding(one) for one in error.errors())) from None


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if not isinstance(error, UnicodeDecodeError) else "not UTF-8"


def _finding(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"]) or "the settings"
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(error["loc"][-1]), _all_keys(), n=1)
        return f"unknown key '{place}'" + (f", did you mean '{near[0]}'?" if near else "")
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _all_keys() -> list[str]:
    return sorted({key for part in Section.__subclasses__() for key in part.model_fields} - {"base"})
