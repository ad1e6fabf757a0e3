"""Registration rows to restricted records: each declared field gets its treatment, the newest version counts.

In: an Arrow table of text (identified, in memory). Out: one row a person, bands and classes only.
It must not repair a value: what is empty is ``not_given``, what is impossible is ``invalid`` (clause 1.C).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa

from iesiz.deidentify import persons
from iesiz.deidentify.keys import Pseudonymiser
from iesiz.errors import PrivacyRefusal
from iesiz.policy import Registry

SIMPLE: dict[str, Callable[[str | None], str]] = {
    "sex": persons.sex,
    "region": persons.region,
    "mail_provider": persons.mail_provider,
    "phone_class": persons.phone_class,
    "language": persons.language,
    "channel": persons.channel,
    "consent": persons.consent,
    "given": persons.given,
}
ELSEWHERE = frozenset({"record_pseudonym", "local_day", "version", "site", "birth_band", "drop"})
SCHEMA_START = [("person", pa.binary()), ("site", pa.string()), ("registered_day", pa.date32())]


@dataclass(frozen=True, slots=True)
class Mirror:
    """De-identified registrations.

    Attributes:
        table: one row a person: ``person``, ``site``, ``registered_day`` and a column a treated field.
        rejected: rows left out, by reason.
    """

    table: pa.Table
    rejected: Mapping[str, int]


def deidentify_rows(
    rows: pa.Table, registry: Registry, key: bytes, zone: str, sites: frozenset[str]
) -> Mirror:
    """Treat every declared field.

    Raises:
        PrivacyRefusal: the registry names a treatment that this room does not know.
    """
    days = [_moment(text, zone) for text in rows["registered_at"].to_pylist()]
    site_names, ids = rows["site"].to_pylist(), rows["registration_id"].to_pylist()
    reasons = [_reason(*facts, sites) for facts in zip(ids, days, site_names, strict=True)]
    newest = _newest(ids, _versions(rows, zone, days), reasons)
    kept = rows.take(newest)
    kept_days = [_day(days[row]) for row in newest]
    keyed = Pseudonymiser.under(key)
    columns: dict[str, object] = {
        "person": [keyed.of(ids[row].strip().encode()) for row in newest],
        "site": [site_names[row] for row in newest],
        "registered_day": kept_days,
    }
    for name, field in registry.fields.items():
        if field.treatment not in ELSEWHERE:
            columns[name] = _treated(field.treatment, kept[name].to_pylist())
        elif field.treatment == "birth_band":
            columns[name] = _bands(kept[name].to_pylist(), kept_days)
    schema = pa.schema(SCHEMA_START + [(name, pa.string()) for name in list(columns)[3:]])
    rejected = Counter(reason for reason in reasons if reason)
    return Mirror(pa.table(columns, schema).sort_by("person"), dict(sorted(rejected.items())))


def _treated(treatment: str, values: list[str | None]) -> list[str]:
    treat = SIMPLE.get(treatment)
    if treat is None:
        raise PrivacyRefusal(f"Registration treatment {treatment!r} is not known; nothing is read.")
    known = {value: treat(value) for value in set(values)}
    return [known[value] for value in values]


def _bands(values: list[str | None], days: list[dt.date]) -> list[str]:
    """Age on the day of registration, so that a record does not change by being read later."""
    return [persons.birth_band(value, day) for value, day in zip(values, days, strict=True)]


def _moment(text: str | None, zone: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat((text or "").strip())
        place = ZoneInfo(zone)
        return moment.replace(tzinfo=place) if moment.tzinfo is None else moment.astimezone(place)
    except (ValueError, OverflowError):
        return None


def _day(moment: dt.datetime | None) -> dt.date:
    if moment is None:
        raise ValueError("a row without a time of registration is rejected before")
    return moment.date()


def _reason(identity: str | None, moment: dt.datetime | None, site: str | None, sites: frozenset[str]) -> str:
    if not (identity or "").strip():
        return "registration_id"
    if moment is None:
        return "registered_at"
    return "" if site in sites else "site"


def _versions(rows: pa.Table, zone: str, days: list[dt.datetime | None]) -> list[dt.datetime | None]:
    texts = rows["updated_at"].to_pylist() if "updated_at" in rows.column_names else [None] * len(rows)
    return [_moment(text, zone) or day for text, day in zip(texts, days, strict=True)]


def _newest(ids: list[str], versions: list[dt.datetime | None], reasons: list[str]) -> list[int]:
    """For each account the row that changed last (of equals the later one in the file)."""
    best: dict[str, int] = {}
    for row, (identity, version, reason) in enumerate(zip(ids, versions, reasons, strict=True)):
        if reason or version is None:
            continue
        held = best.get(identity.strip())
        if held is None or (versions[held] or version) <= version:
            best[identity.strip()] = row
    return sorted(best.values())
