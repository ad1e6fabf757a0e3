"""``[alerts]`` of ``iesiz.toml``: who is told of what, and how; nothing is told unless it is named here.

In: a table of TOML. Out: ``Alerts``. It must not hold a password: secrets are read from a file of their
owner's or from the environment when they are needed.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from iesiz.settings_section import Section

HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,39}")
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def checked_url(text: str) -> str:
    """Return an address that may be called: https, or http on this machine; without user or password.

    Raises:
        ValueError: it is none; the message does not show it.
    """
    try:
        found = urlsplit(text)
        host, _ = found.hostname or "", found.port
    except ValueError:
        raise ValueError("is not an address such as https://alerts.example/hook") from None
    if re.search(r"[\s\x00-\x1f\x7f]", text) or not HOST.fullmatch(host) or "@" in found.netloc:
        raise ValueError("is not an address such as https://alerts.example/hook")
    if found.scheme != "https" and not (found.scheme == "http" and is_loopback(host)):
        raise ValueError("begins with https://; http:// is for this machine only")
    return text


def _host(text: str) -> str:
    if not HOST.fullmatch(text):
        raise ValueError("is not a host name or address")
    return text


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ValueError("is not a mail address such as oncall@mall.example")
    return text


Host = Annotated[str, AfterValidator(_host)]
Address = Annotated[str, AfterValidator(_address)]
Url = Annotated[str, AfterValidator(checked_url)]


class Mail(Section):
    """A mail server and who is written to.

    Attributes:
        security: how the connection is kept private; ``none`` only where no password is sent.
        password_file: file with the password, readable by its owner only; or ``password_variable``.
    """

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Address
    to: Annotated[list[Address], Field(min_length=1, max_length=20)]
    user: str | None = None
    password_file: str | None = None
    password_variable: str | None = None

    @model_validator(mode="after")
    def _password_is_complete(self) -> Mail:
        given = [one for one in (self.password_file, self.password_variable) if one]
        if bool(self.user) != (len(given) == 1):
            raise ValueError(
                "expects user with exactly one of password_file and password_variable, or neither"
            )
        if self.user and self.security == "none":
            raise ValueError("a password needs security = 'starttls' or 'tls'")
        return self


class Webhook(Section):
    """An address that is told by ``POST`` of JSON; a secret one stands in a file or variable."""

    url: Url | None = None
    url_file: str | None = None
    url_variable: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Webhook:
        if sum(one is not None for one in (self.url, self.url_file, self.url_variable)) != 1:
            raise ValueError("expects exactly one of url, url_file and url_variable")
        return self


class Alerts(Section):
    """When somebody is woken, and how.

    Attributes:
        due: local time of the first site by which a night has succeeded; ``iesiz watch`` looks.
        repeat_hours: after how long an alert that is still open is told again; 0 for never.
        timeout_seconds: how long one hook may take, from its first byte to its last.
        status_file: a file that always says how things stand, relative to the settings file.
    """

    due: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "06:00"
    repeat_hours: Annotated[int, Field(ge=0, le=24 * 31)] = 24
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 20.0
    status_file: str | None = None
    smtp: Mail | None = None
    webhook: Webhook | None = None
