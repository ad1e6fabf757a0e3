"""Invented identifiers in one list, and ``found_in``, which looks for them in a folder.

All addresses are of documentation ranges, all IINs of people born before 1900, all mail at example.org.
"""

from __future__ import annotations

import base64
import random
import uuid
from pathlib import Path
from urllib.parse import quote

from tests.privacy.byte_search import Canary, Found, Search

FIRST = ["Айгерім", "Нұрсұлтан", "Әлия", "Ербол", "Гүлнәр", "Фёдор", "Жанна", "Қуаныш", "Өмір", "Іңкәр"]
LAST = ["Нұрланова", "Сейітқалиев", "Әбдіразақ", "Кузнецова", "Щербаков", "Жұмабек", "Қалиева", "Төлеген"]
LATIN = [
    "aigerim-nurlanova",
    "yerbol-seitkali",
    "zhanna-kuznetsova",
    "fyodor-shcherbakov",
    "aliya-zhumabek",
    "kuanysh-tolegen",
]
SPELLINGS = (
    "+7{0}{1}{2}{3}",
    "8{0}{1}{2}{3}",
    "{0}{1}{2}{3}",
    "8-{0}-{1}-{2}-{3}",
    "+7({0}){1}{2}{3}",
    "8({0}){1}-{2}-{3}",
    "+7%20{0}%20{1}%20{2}%20{3}",
    "%2B7{0}{1}{2}{3}",
    "8.{0}.{1}.{2}.{3}",
    "8%20%28{0}%29%20{1}-{2}-{3}",
)
ENCODINGS = ("{0}@{1}", "{0}%40{1}", "{0}%2540{1}")
REGISTRATION = "registration."
_CHANCE = random.Random(2026)


def _number(digits: int) -> str:
    return "".join(_CHANCE.choices("0123456789", k=digits))


def _phone(spelling: str) -> str:
    return spelling.format("701", _number(3), _number(2), _number(2))


def _iin() -> str:
    """Twelve digits with the century digit 1 (born in the nineteenth) that pass the control."""
    while True:
        born = f"{_CHANCE.randrange(60, 99)}0{_CHANCE.randrange(1, 9)}1{_CHANCE.randrange(9)}"
        digits = [int(one) for one in f"{born}1{_number(4)}"]
        control = sum(digit * weight for digit, weight in zip(digits, range(1, 12), strict=True)) % 11
        if control < 10:
            return "".join(map(str, [*digits, control]))


def _base64() -> str:
    return base64.urlsafe_b64encode(_CHANCE.randbytes(24)).decode()


def _many(kind: str, where: str, texts: list[str]) -> list[Canary]:
    return [Canary(kind, where, text) for text in texts]


def _clients() -> list[Canary]:
    return [
        *_many("v4", "address", [f"198.51.100.{last}" for last in range(100, 140)]),
        *_many("v4 with port", "address", [f"198.51.100.{last}:51{last}" for last in range(200, 210)]),
        *_many("v6", "address", [f"2001:db8:{one:x}:77:a{one:x}::{one:x}" for one in range(4096, 4111)]),
        *_many(
            "v6 with port", "address", [f"[2001:db8:{one:x}:78::{one:x}]:443" for one in range(8192, 8202)]
        ),
        *_many("host name", "address", [f"pc-{one}.home-of-aliya.example" for one in range(100, 110)]),
        *_many("agent", "agent", [f"SM-CANARY{one}" for one in range(100, 120)]),
        *_many("robot", "agent", [f"canarybot-{one}" for one in range(100, 105)]),
        *_many("cookie", "extra", [f"sid={_CHANCE.randbytes(12).hex()}" for _ in range(10)]),
        *_many("forwarded for", "extra", [f"203.0.113.{last}" for last in range(100, 110)]),
        *_many("forwarded v6", "extra", [f"2001:db8:{one:x}:79::{one:x}" for one in range(12288, 12293)]),
        *_many("forwarded text", "extra", [f"bakyt.fwd{one}@example.org" for one in range(10, 15)]),
        *_many("language", "accept_language", [f"kk-x-aigerim{one}" for one in range(10, 20)]),
        *_many("language text", "accept_language", [f"bakyt.lang{one}@example.org" for one in range(10, 15)]),
        *_many("user", "user", [f"aliya.auth{one}" for one in range(100, 110)]),
    ]


def _in_addresses(where: str) -> list[Canary]:
    """What can stand in a path, a query or a referrer alike."""
    mails = [code.format(f"saule.{where}{one}", "example.org") for one in range(10, 15) for code in ENCODINGS]
    names = [f"{first}-{last}" for first, last in zip(FIRST, _CHANCE.choices(LAST, k=10), strict=True)]
    names = [f"{name}-{where[0]}{one}" for one, name in enumerate(names, 10)]
    return [
        *_many("mail", where, mails),
        *_many("phone", where, [_phone(spelling) for spelling in SPELLINGS for _ in range(2)]),
        *_many("iin", where, [_iin() for _ in range(6)]),
        *_many("uuid", where, [str(uuid.UUID(bytes=_CHANCE.randbytes(16), version=4)) for _ in range(5)]),
        *_many("hex", where, [_CHANCE.randbytes(16).hex() for _ in range(5)]),
        *_many("base64", where, [_base64() for _ in range(5)]),
        *_many("name", where, [name if at % 2 else quote(name) for at, name in enumerate(names)]),
        *_many("latin name", where, [f"{name}-{where[0]}" for name in LATIN]),
    ]


def _registered() -> list[Canary]:
    values = {
        "registration_id": [f"ACC-{_number(9)}" for _ in range(15)],
        "first_name": [f"{first}қыз" for first in FIRST] + [f"Latinname{one}" for one in range(5)],
        "last_name": [f"{last}тегі" for last in LAST] + [f"Lastname{one}" for one in range(7)],
        "iin": [_iin() for _ in range(15)],
        "birth_date": [f"19{70 + one}-0{1 + one % 9}-{10 + one}" for one in range(15)],
        "email": [f"ayan.reg{one}@example.org" for one in range(10, 25)],
        "phone": [_phone(SPELLINGS[one % 6]) for one in range(15)],
        "interests": [f"dialysis on {_number(8)}" for _ in range(15)],
        "passport": [f"N{_number(9)}" for _ in range(15)],
    }
    return [one for column, texts in values.items() for one in _many(column, REGISTRATION + column, texts)]


CANARIES: tuple[Canary, ...] = (
    *_clients(),
    *(one for where in ("path", "query", "referrer") for one in _in_addresses(where)),
    *_registered(),
    *_many("bad line", "bad_line", [f"dana.bad{one}@example.org" for one in range(10, 30)]),
    *_many("bad row", "bad_row", [f"dana.row{one}@example.org" for one in range(10, 20)]),
)
_SEARCH = Search(CANARIES)


def planted(where: str) -> list[Canary]:
    """The canaries of a field."""
    return [one for one in CANARIES if one.where == where]


def found_in(folder: Path) -> list[Found]:
    """The canaries that stand in any file below a folder, folders named ``keys`` aside."""
    return _SEARCH.in_folder(folder)


def found_in_bytes(data: bytes, place: str) -> list[Found]:
    """The canaries that stand in bytes; ``place`` names where they come from."""
    return _SEARCH.in_bytes(data, place)
