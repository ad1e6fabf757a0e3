"""The sites of ``iesiz.toml``: their hosts, their ways to registration, and the logs of their servers."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from iesiz.settings_section import Name, Section, Zone


def _network(text: str) -> str:
    try:
        return text if text == "unix:" else str(ip_network(text))
    except ValueError:
        raise ValueError("is not a network such as 10.0.0.0/8 or 2001:db8::/32") from None


Language = Annotated[str, Field(pattern=r"^[a-z]{2,8}(-[a-z0-9]{1,8})*$")]
Proxy = Annotated[str, AfterValidator(_network)]
PEER: Literal["peer"] = "peer"


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
    trusted: list[Proxy] = Field(default_factory=list)

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
    languages: list[Language] = Field(default_factory=list)
    routes: list[str] = Field(default_factory=list)
    funnel: list[Step] = Field(default_factory=list)
    logs: list[Log] = Field(default_factory=list)
