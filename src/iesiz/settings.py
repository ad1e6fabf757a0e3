"""One frozen ``Settings`` read from ``iesiz.toml``; every path derives from it.

In: a TOML file. Out: ``Settings``. It must not open anything else, nor fall back to a default
where a privacy rule is concerned: an unknown key, a short threshold or a wrong type raises.
"""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from iesiz.alert_settings import Alerts, Mail, Webhook
from iesiz.errors import SettingsError
from iesiz.key_settings import Keys
from iesiz.mechanisms import DP, DpBudget, TableChoice
from iesiz.settings_section import STRICT
from iesiz.vocabulary import CATALOG, NAME_PATTERN


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone of the zone database, for example Asia/Almaty") from None
    return name


def _plain_name(name: str) -> str:
    if not NAME_PATTERN.fullmatch(name):
        raise ValueError("is made of a-z, 0-9, '-' and '_', at most 63 of them")
    return name


def _network(text: str) -> str:
    try:
        return text if text == "unix:" else str(ip_network(text))
    except ValueError:
        raise ValueError("is not a network such as 10.0.0.0/8 or 2001:db8::/32") from None


Name = Annotated[str, AfterValidator(_plain_name)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,8}(-[a-z0-9]{1,8})*$")]
Proxy = Annotated[str, AfterValidator(_network)]
PEER: Literal["peer"] = "peer"
Zone = Annotated[str, AfterValidator(_known_zone)]


class Section(BaseModel):
    """A table of ``iesiz.toml``: frozen, strict types, unknown keys refused."""

    model_config = STRICT


class Log(Section):
    """One stream: the log of one server of one site; ``paths`` are globs, relative to the settings file.

    Attributes:
        zone: zone of the server's clock, for times that name none; by default UTC where the format is defined
            so (W3C extended, CloudFront, ALB), else the site's.
        client: where a request's client stands: the peer that the server talked to; or a header, which is
            believed as far as the addresses in ``trusted`` (networks of proxies, ``unix:``) wrote it.
    """

    stream: Name
    paths: Annotated[list[str], Field(min_length=1)]
    format: str
    zone: Zone | None = None
    client: Literal["peer", "x_forwarded_for", "real_ip"] = PEER
    trusted: list[Proxy] = []

    @model_validator(mode="after")
    def _trust_belongs_to_a_header(self) -> Log:
        if self.client != PEER and not self.trusted:
            raise ValueError(f"client = '{self.client}' needs `trusted`: the networks of your proxies")
        if self.client == PEER and self.trusted:
            raise ValueError("`trusted` needs `client`: x_forwarded_for or real_ip")
        return self


class Step(Section):
    """One step of the way to registration and the route that it is."""

    step: Literal["landing", "form", "details", "confirm", "done"]
    route: str


class Site(Section):
    """A service of the network.

    Attributes:
        hosts: names under which it is served; lines for other hosts are ignored and counted.
        close_after_days: full days that a day stays open past its end, for files that come late.
        funnel: the steps of its way to registration, in their order.
        languages: codes of languages with which its paths begin: ``kk`` for ``/kk/shops``.
        routes: its own route templates, such as ``/stores/{store}``; they are published as they stand.
    """

    name: Name
    hosts: Annotated[list[str], Field(min_length=1)]
    zone: Zone = "Asia/Almaty"
    close_after_days: Annotated[int, Field(ge=0, le=30)] = 0
    languages: list[Language] = []
    routes: list[str] = []
    funnel: list[Step] = []
    logs: list[Log] = []


class PostgreSQL(Section):
    """A table or view of a PostgreSQL server, and how to reach it: one of the first three.

    Attributes:
        url: ``postgresql://...``; the password belongs elsewhere (``.pgpass``, or one of the next two).
        url_variable: environment variable that holds such a URL.
        service: name of a service of libpq's ``pg_service.conf``.
        table: name of the table or view, perhaps with its schema.
    """

    url: SecretStr | None = None
    url_variable: str | None = None
    service: Name | None = None
    table: Annotated[str, Field(pattern=r"^[^\".\s]+(\.[^\".\s]+)?$")]

    @model_validator(mode="after")
    def _one_way(self) -> PostgreSQL:
        if sum(one is not None for one in (self.url, self.url_variable, self.service)) != 1:
            raise ValueError("expects exactly one of url, url_variable and service")
        return self


class Registration(Section):
    """Where registrations come from: files or a PostgreSQL server.

    Attributes:
        sites: names of the sites on which people can register.
        paths: globs of CSV, Parquet or JSON lines files, relative to the settings file.
        columns: the source's name of a declared field, where it is called otherwise.
        zone: the zone of times that state none.
        overlap_hours: how far behind the last change seen the next night begins, for transactions that
            were committed late.
        retry_seconds: waits before the source is tried again within a night.
    """

    sites: Annotated[list[Name], Field(min_length=1)]
    paths: list[str] = []
    postgresql: PostgreSQL | None = None
    columns: dict[str, str] = {}
    zone: Zone = "Asia/Almaty"
    overlap_hours: Annotated[int, Field(ge=0, le=24 * 365)] = 24
    retry_seconds: Annotated[list[Annotated[float, Field(ge=0, le=3600)]], Field(max_length=9)] = [5.0, 30.0]

    @model_validator(mode="after")
    def _one_source(self) -> Registration:
        if bool(self.paths) == bool(self.postgresql):
            raise ValueError("expects either paths or postgresql")
        return self


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


class Thresholds(Section):
    """Distinct contributors a published cell needs; below 10 is refused, a table may ask for more.

    Attributes:
        spread: the secret part that a cell's threshold has besides is 0 to ``spread - 1``.
    """

    k: Annotated[int, Field(ge=10)] = 10
    k_sensitive: Annotated[int, Field(ge=20)] = 20
    spread: Annotated[int, Field(ge=5)] = 5

    @model_validator(mode="after")
    def _sensitive_is_stricter(self) -> Thresholds:
        if self.k_sensitive < self.k:
            raise ValueError("k_sensitive cannot be smaller than k")
        return self


class Review(Section):
    """Who has answered for weaker protection, and when."""

    name: Annotated[str, Field(min_length=3, max_length=200)]
    date: dt.date


class MicrodataRules(Section):
    """What microdata must fulfil; weaker than the defaults only where a review is named.

    Attributes:
        k: people in each class of registrations.
        l: distinct sensitive values in each class.
        t: distance of a class's sensitive values from those of the quarter, at most.
        suppression: share of the registrations that may be left out.
        visits_k: distinct visitors in each class of visits.
        visits_suppression: share of the visits that may be left out.
        review: who has answered for weaker values; stands in the restricted ledger with each release.
    """

    k: Annotated[int, Field(ge=2)] = 10
    l: Annotated[int, Field(ge=1)] = 3  # noqa: E741  the name this parameter has in the literature
    t: Annotated[float, Field(ge=0, le=1)] = 0.3
    suppression: Annotated[float, Field(ge=0, le=1)] = 0.05
    visits_k: Annotated[int, Field(ge=2)] = 20
    visits_suppression: Annotated[float, Field(ge=0, le=1)] = 0.25
    review: Review | None = None

    @model_validator(mode="after")
    def _weaker_needs_a_review(self) -> MicrodataRules:
        weaker = (
            self.k < 10,
            self.l < 3,
            self.t > 0.3,
            self.suppression > 0.05,
            self.visits_k < 20,
            self.visits_suppression > 0.25,
        )
        if any(weaker) and self.review is None:
            raise ValueError(
                "below k = 10, l = 3 and visits_k = 20 or above t = 0.3, suppression = 0.05 and "
                "visits_suppression = 0.25 only with a review: review = { name = ..., date = ... }"
            )
        return self


class Reading(Section):
    """How logs are read: share of rejected lines above which a file is stopped, threads, bytes at a time."""

    max_rejected_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    chunk_bytes: Annotated[int, Field(ge=1 << 16, le=1 << 28)] = 1 << 24


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
    tables: dict[Name, TableChoice] = {}
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
        near = difflib.get_close_matches(str(error["loc"][-1]), _all_keys(Settings), n=1)
        return f"unknown key '{place}'" + (f", did you mean '{near[0]}'?" if near else "")
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _all_keys(model: type[BaseModel]) -> list[str]:
    keys: list[str] = []
    parts: tuple[type[BaseModel], ...] = (model, *Section.__subclasses__(), Alerts, Mail, Webhook, Keys)
    for part in parts:
        keys.extend(key for key in part.model_fields if key != "base")
    return sorted(set(keys))
