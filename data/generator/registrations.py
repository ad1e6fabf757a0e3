"""The club's members, as they stated themselves.

In: a plan and the moments at which somebody finished the club's registration pages. Out: the rows of
`registrations.csv`: those members, others from the app and the information desks, and some history.
"""

import csv
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from generator import identifiers
from generator.model import Plan, load, midnight

_A_DAY, _HISTORY, _UPDATED_SHARE = 190, 500, 0.035
_INTERESTS = ("cinema", "food", "fashion", "kids", "sport", "books", "electronics", "beauty", "home")
_IMPOSSIBLE_REGIONS = ("Нарния облысы", "Солнечная область", "n/a", "12345")
_MISSING = {"birth_date": 0.25, "sex": 0.30, "region": 0.07, "interests": 0.40, "phone": 0.15}


@dataclass(frozen=True)
class Registration:
    """A row of the extract; what was not given is empty."""

    registration_id: str
    registered_at: str
    updated_at: str
    site: str
    first_name: str
    last_name: str
    iin: str
    birth_date: str
    sex: str
    region: str
    email: str
    phone: str
    language: str
    channel: str
    marketing_consent: str
    interests: str


def registrations(plan: Plan, finished: list[datetime]) -> list[Registration]:
    """All rows, in the order in which they were last changed."""
    rng = plan.rng("registrations")
    lists = {"people": load("people.toml"), "regions": load("regions.toml")["region"]}
    end = midnight(plan.first) + timedelta(days=plan.days)
    moments = sorted([(at, "web") for at in finished] + _elsewhere(plan, rng))
    rows = [_row(100_000 + n, at, channel, lists, rng) for n, (at, channel) in enumerate(moments)]
    rows += [_updated(row, end, lists, rng) for row in rows if rng.random() < _UPDATED_SHARE]
    return sorted(rows, key=lambda row: (row.updated_at, row.registration_id))


def _elsewhere(plan: Plan, rng: Random) -> list[tuple[datetime, str]]:
    """Moments and channels of the registrations that no web log shows."""
    start = midnight(plan.first)
    moments = [start - timedelta(hours=rng.uniform(1, 7_000)) for _ in range(round(_HISTORY * plan.scale))]
    for day in plan.dates():
        opening = midnight(day) + timedelta(hours=10)
        number = round(_A_DAY * plan.scale * (1.1 if day.weekday() >= 5 else 1.0))
        moments += [opening + timedelta(seconds=rng.uniform(0, 12 * 3600)) for _ in range(number)]
    return [(at, rng.choices(("app", "desk", "partner"), (55, 35, 10))[0]) for at in moments]


def _row(number: int, at: datetime, channel: str, lists: dict[str, Any], rng: Random) -> Registration:
    sex = rng.choice("fm")
    first, last, local = _name(sex, lists["people"], rng)
    birth = date(1950, 1, 1) + timedelta(days=int(rng.triangular(0, 22_300, 15_500)))
    row = Registration(
        registration_id=f"R{number}",
        registered_at=_stamp(at),
        updated_at=_stamp(at),
        site="club",
        first_name=first,
        last_name=last,
        iin=identifiers.iin(birth, sex, rng),
        birth_date=_birth_date(birth, rng),
        sex=sex,
        region=_region(lists["regions"], rng),
        email=identifiers.mail(local, rng),
        phone=identifiers.phone(rng),
        language=rng.choices(("kk", "ru", "en"), (40, 54, 6))[0],
        channel=channel,
        marketing_consent=rng.choices(("yes", "no"), (62, 38))[0],
        interests="|".join(sorted(rng.sample(_INTERESTS, rng.choice((1, 2, 2, 3))))),
    )
    return replace(row, **{name: "" for name, share in _MISSING.items() if rng.random() < share})


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}+05:00"


def _name(sex: str, people: dict[str, Any], rng: Random) -> tuple[str, str, str]:
    """First name, last name and the local part of a mail address."""
    script = rng.choices(("kazakh", "russian", "latin"), (46, 38, 16))[0]
    first = rng.choice(people[script][sex])
    last = rng.choice(people[script]["surname"])
    is_declined = sex == "f" and last[1].endswith("ov")
    ending = {"russian": "а", "latin": "a"}.get(script, "") if is_declined else people[script]["endings"][sex]
    return first[0], f"{last[0]}{ending}", f"{first[1]}.{last[1]}"


def _birth_date(birth: date, rng: Random) -> str:
    is_impossible = rng.random() < 0.006
    return (birth.replace(year=birth.year + 90, day=1) if is_impossible else birth).isoformat()


def _region(regions: list[dict[str, Any]], rng: Random) -> str:
    if rng.random() < 0.006:
        return rng.choice(_IMPOSSIBLE_REGIONS)
    region = rng.choices(regions, [region["weight"] for region in regions])[0]
    return str(rng.choice(region["spellings"]))


def _updated(row: Registration, end: datetime, lists: dict[str, Any], rng: Random) -> Registration:
    """A later version of a row, within the period."""
    registered = datetime.fromisoformat(row.registered_at).replace(tzinfo=None)
    left = (end - registered).total_seconds() - 1
    at = registered + timedelta(seconds=rng.uniform(0.05, 1) * left)
    changes = rng.choice(
        (
            {"region": _region(lists["regions"], rng)},
            {"phone": identifiers.phone(rng)},
            {"marketing_consent": "no", "interests": ""},
        )
    )
    return replace(row, updated_at=_stamp(at), **changes)


def write(path: Path, rows: list[Registration]) -> None:
    """Write the rows as UTF-8 CSV with a header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Registration)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
