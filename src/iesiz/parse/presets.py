"""The formats that iesiz knows by name.

In: ``presets.toml``. Out: ``FORMATS``. Grammars: Apache ``mod_log_config``, nginx ``log_format``, Traefik,
HAProxy (``option httplog``), AWS Application Load Balancer, W3C extended log file format, LTSV.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Any

from iesiz.parse.formats import Key, LogFormat, Slot, Style
from iesiz.parse.layout_kernel import Kind

ALIASES = {"iis": "w3c"}
_REQUEST = (
    Slot("time", Kind.TIME, b'] "'),
    Slot("request", Kind.REQUEST, b'" ', quoted=True),
    Slot("status", Kind.STATUS, b" "),
)
# A server that leaves the user out leaves out its blank, so identity and user are passed over as one.
_CLIENT = (Slot("address", Kind.TEXT, b" "), Slot("user", Kind.SKIP, b" ["), *_REQUEST)
_HOST = (
    Slot("host", Kind.HOST, b" "),
    Slot("address", Kind.TEXT, b" "),
    Slot("ident", Kind.SKIP, b" "),
    Slot("user", Kind.SKIP, b" ["),
    *_REQUEST,
)
_READER = (
    Slot("bytes", Kind.BYTES, b' "'),
    Slot("referrer", Kind.TEXT, b'" "', quoted=True),
    Slot("agent", Kind.TEXT, b'"', quoted=True),
)
_LAST_BYTES = (Slot("bytes", Kind.BYTES),)
_TRAEFIK = (
    *_READER[:-1],
    Slot("agent", Kind.TEXT, b'" ', quoted=True),
    Slot("", Kind.SKIP, b' "'),
    Slot("", Kind.SKIP, b'" "', quoted=True),
    Slot("", Kind.SKIP, b'" ', quoted=True),
    Slot("duration", Kind.DURATION, b"ms", unit="ms"),
)
_ALB = (
    Slot("", Kind.SKIP, b" "),
    Slot("time", Kind.MOMENT, b" "),
    Slot("", Kind.SKIP, b" "),
    Slot("address", Kind.TEXT, b" "),
    Slot("", Kind.SKIP, b" "),
    Slot("duration", Kind.DURATION, b" "),
    Slot("duration", Kind.DURATION, b" "),
    Slot("duration", Kind.DURATION, b" "),
    Slot("status", Kind.CODE, b" "),
    Slot("", Kind.SKIP, b" "),
    Slot("", Kind.SKIP, b" "),
    Slot("bytes", Kind.BYTES, b' "'),
    Slot("request", Kind.URL_REQUEST, b'" "', quoted=True),
    Slot("agent", Kind.TEXT, b'"', quoted=True),
)
_HAPROXY = (
    Slot("", Kind.SKIP, b"]: ", optional=True),
    Slot("address", Kind.TEXT, b" ["),
    Slot("time", Kind.MOMENT, b"] "),
    Slot("", Kind.SKIP, b" "),
    Slot("", Kind.SKIP, b" "),
    Slot("", Kind.SKIP, b"/"),
    Slot("", Kind.SKIP, b"/"),
    Slot("", Kind.SKIP, b"/"),
    Slot("", Kind.SKIP, b"/"),
    Slot("duration", Kind.DURATION, b" ", unit="ms"),
    Slot("status", Kind.CODE, b" "),
    Slot("bytes", Kind.BYTES, b" "),
    Slot("", Kind.SKIP, b' "'),
    Slot("request", Kind.REQUEST, b'"', quoted=True),
)


def _written() -> Iterator[LogFormat]:
    yield LogFormat("common", _CLIENT + _LAST_BYTES, dropped=("ident",))
    yield LogFormat("combined", _CLIENT + _READER, open_ended=True, dropped=("ident",))
    yield LogFormat("vhost_common", _HOST + _LAST_BYTES)
    yield LogFormat("vhost_combined", _HOST + _READER, open_ended=True)
    yield LogFormat("traefik", _CLIENT + _TRAEFIK)
    yield LogFormat("alb", _ALB, open_ended=True)
    yield LogFormat("haproxy", _HAPROXY)


def _path(written: Any) -> tuple[Key, ...]:
    return tuple(written) if isinstance(written, list) else (written,)


def _slots(fields: list[list[Any]]) -> tuple[Slot, ...]:
    return tuple(
        Slot(name, Kind[kind], unit=unit[0] if unit else "s", path=_path(path))
        for name, kind, path, *unit in fields
    )


def _listed() -> Iterator[LogFormat]:
    text = resources.files("iesiz.parse").joinpath("presets.toml").read_text(encoding="utf-8")
    for style, formats in tomllib.loads(text).items():
        for name, given in formats.items():
            slots = _slots(given["fields"])
            if Style(style) is not Style.COLUMNS:
                yield LogFormat(name, slots, style=Style(style))
                continue
            columns = tuple((str(slot.path[0]), slot) for slot in slots)
            yield LogFormat(
                name,
                (),
                style=Style.COLUMNS,
                separator=given["separator"].encode(),
                columns=columns,
                decoded=tuple(given["decoded"]),
            )


FORMATS = {form.name: form for form in (*_written(), *_listed())}
