"""Addresses of the network in a text: mail, IPv4, IPv6, URLs.

Job: find them. In: decoded text. Out: spans. It must not look anything up.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files

from iesiz.deidentify.spans import Span

_MAILISH = re.compile(r"[^\s<>()\[\]{},;:\"\\/=?&]+")
_DOMAIN = re.compile(r"(?:[\w-]+(?:\.[\w-]+)*|\[[0-9A-Fa-f:.]+\])")
# `logo@2x.png` is a picture for dense screens, `name@1.2.3` a version of a package.
_NO_DOMAIN = re.compile(r"\d(?:\.\d+)?x(?:\.|\b)|[\d.]+(?:-[\w.]+)?$")
_OCTET = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_IPV4 = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_OCTET}\.){{3}}{_OCTET}(?!\d)(?:/(?:3[0-2]|[12]?\d)(?![\d]))?", re.ASCII
)
_IPV6_RUN = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=[A-Za-z0-9]:)(?!:))[0-9A-Fa-f:.]{2,}")
_IPV6_TAIL = re.compile(r"(?:%[A-Za-z0-9]{1,16})?(?:/(?:12[0-8]|1[01]\d|\d?\d)(?!\d))?")
_MANY_GROUPS = re.compile(r"[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){7,}")
_URL = re.compile(r"(?<![A-Za-z])[A-Za-z][A-Za-z+.-]{1,15}://([^\s\"'<>{}/?#]+)[^\s\"'<>{}]*")
_HOST = re.compile(r"(?:[^@]*@)?([\w-]+(?:\.[\w-]+)*)\.([^\W\d_]{2,}|xn--[\w-]+)\.?(?::\d+)?")
_BARE = re.compile(r"(?<![\w@.-])[\w-]+(?:\.[\w-]+)+(?:/[^\s\"'<>{}]*)?")


def _load_domains() -> frozenset[str]:
    table = tomllib.loads((files(__package__) / "top_domains.toml").read_text(encoding="utf-8"))
    return frozenset(table["generic"]) | frozenset(table["country"])


_TOP_DOMAINS = _load_domains()


def find_mails(text: str) -> Iterator[Span]:
    """Find mail addresses, those without a dot in the domain and with a domain in Cyrillic too."""
    for run in _MAILISH.finditer(text):
        start = run.start() + len(run.group()) - len(run.group().lstrip("'`*.!"))
        sign = text.find("@", start + 1, run.end())
        end = 0
        while sign != -1:
            domain = _DOMAIN.match(text, sign + 1)
            if domain and (not _NO_DOMAIN.match(domain.group()) or _IPV4.fullmatch(domain.group())):
                end = domain.end()
            sign = text.find("@", sign + 1, run.end())
        if end:
            yield Span(start, end, "mail")


def find_ips(text: str) -> Iterator[Span]:
    """Find valid IPv4 and IPv6 addresses with the prefix length or zone behind them."""
    if text.count(".") >= 3:
        for match in _IPV4.finditer(text):
            yield Span(match.start(), match.end(), "ip")
    if text.count(":") < 2:
        return
    for match in _IPV6_RUN.finditer(text):
        address = match.group().rstrip(".")
        if address.endswith(":") and not address.endswith("::"):
            address = address[:-1]
        end = match.start() + len(address)
        is_cut_off = text[match.end() : match.end() + 1].isalpha()
        if address.count(":") >= 2 and not is_cut_off and _is_ipv6(address):
            tail = _IPV6_TAIL.match(text, end)
            yield Span(match.start(), tail.end() if tail else end, "ip")


def _is_ipv6(address: str) -> bool:
    if len(address) > 45 or _MANY_GROUPS.fullmatch(address):
        return _MANY_GROUPS.fullmatch(address) is not None
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return _is_translated(address)
    return True


def _is_translated(address: str) -> bool:
    """``::ffff:0:192.0.2.1`` (RFC 2765) and the like, where Python wants no group between."""
    head, _, last = address.rpartition(":")
    return bool(_IPV4.fullmatch(last)) and bool(re.fullmatch(r"::[fF]{4}:0", head))


def find_urls(text: str) -> Iterator[Span]:
    """Find absolute URLs with a named host, and bare host names under a common top domain."""
    if "://" in text:
        for match in _URL.finditer(text):
            if _HOST.fullmatch(match.group(1)):
                yield Span(match.start(), match.end(), "url")
    for match in _BARE.finditer(text):
        host = match.group().split("/", 1)[0]
        if host.rpartition(".")[2].lower() in _TOP_DOMAINS:
            yield Span(match.start(), match.end(), "url")
