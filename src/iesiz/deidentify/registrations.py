"""Registration rows to restricted records: each declared field gets its treatment.

In: Arrow tables of a source's rows (identified, in memory). Out: keyed pseudonyms, bands and classes only.
It must not repair a value: what is empty is ``not_given``, what is impossible is ``invalid`` (clause 1.C).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from iesiz.deidentify import persons
from iesiz.deidentify.age_bands import age_bands
from iesiz.deidentify.keys import Pseudonymiser
from iesiz.deidentify.stated_kernel import AS_IT_IS
from iesiz.deidentify.stated_texts import FOLDS, as_text, classes
from iesiz.deidentify.stated_times import NO_TIME, Moments, moments
from iesiz.digest_columns import digest_column
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
ELSEWHERE = frozenset({"record_pseudonym", "local_day", "version", "site", "drop"})
NO_SITE, NO_DAY, NO_ID = "site", "registered_at", "registration_id"
PERSON_BYTES = 16
LISTS = ("persons.toml", "regions.toml", "regions.csv")
RULES = 1
"""Raised with every change of a treatment's code that gives a value another class: all is read again then."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TreatedRows:
    """De-identified rows.

    Attributes:
        table: ``person`` (keyed), ``version`` (which of a person's rows is newest), ``state`` (time of the
            last change under a mask of the person's own), ``left_out`` (why a row does not count, or ""),
            ``site``, ``registered_day`` and a column a treated field.
        rejected: rows that do not count, by reason; those without an id are not in the table.
        newest: latest time of change, in microseconds since 1970, UTC; None if there is none.
    """

    table: pa.Table
    rejected: Mapping[str, int]
    newest: int | None


@dataclass(frozen=True, slots=True)
class RowTreatment:
    """What the treatment of a source's rows needs.

    Raises:
        PrivacyRefusal: the registry names a treatment that this room does not know.
    """

    registry: Registry
    key: bytes
    zone: str
    sites: frozenset[str]

    def __post_init__(self) -> None:
        """Refuse what is not known before anything is read."""
        for one in self.registry.fields.values():
            if one.treatment not in {*SIMPLE, *ELSEWHERE, "birth_band"}:
                raise PrivacyRefusal(
                    f"Registration treatment {one.treatment!r} is not known; nothing is read."
                )

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields of which a class is kept."""
        return tuple(name for name, one in self.registry.fields.items() if one.treatment not in ELSEWHERE)

    @property
    def key_mark(self) -> str:
        """By what the key is known again; it does not tell the key."""
        return Pseudonymiser.under(self.key).of(b"the key of the mirror").hex()

    @property
    def meaning(self) -> str:
        """A digest of all that decides what becomes of a row, lists of spellings among it."""
        lists = [(files(__package__) / name).read_bytes() for name in LISTS]
        said = repr((RULES, self.zone, sorted(self.sites), list(self.registry.fields.values()), lists))
        return hashlib.sha256(said.encode()).hexdigest()

    def treat(self, rows: pa.Table) -> TreatedRows:
        """Treat every declared field; one that the source lacks was given by nobody."""
        rows, nameless = self._with_ids(rows)
        registered, updated = self._moments(rows, "registered_at"), self._moments(rows, "updated_at")
        sites = _column(rows, "site").dictionary_encode(null_encoding="encode")
        names = [one if one in self.sites else "" for one in sites.dictionary.to_pylist()]
        in_site = np.array([bool(name) for name in names], np.bool_).take(sites.indices.to_numpy())
        days = registered.local_days(self.zone)
        version = np.where(updated.known, updated.microseconds, registered.microseconds)
        columns = {
            **self._marks(rows, updated),
            "version": pa.array(version),
            "left_out": _reasons(registered.known, in_site),
            "site": pa.DictionaryArray.from_arrays(sites.indices, pa.array(names, pa.string())),
            "registered_day": pa.array(days, pa.int32()).cast(pa.date32()),
            **{name: self._treated(name, _column(rows, name), days) for name in self.fields},
        }
        bad_day, bad_site = int((~registered.known).sum()), int((registered.known & ~in_site).sum())
        counts = {NO_DAY: bad_day, NO_ID: nameless, NO_SITE: bad_site}
        rejected = {reason: count for reason, count in counts.items() if count}
        return TreatedRows(pa.table(columns), rejected, _newest(updated))

    def marks(self, rows: pa.Table) -> pa.Table:
        """``person``, ``version`` and ``state`` of rows of which only id and time of change were asked."""
        rows, _ = self._with_ids(rows)
        updated = self._moments(rows, "updated_at")
        return pa.table({**self._marks(rows, updated), "version": pa.array(updated.microseconds)})

    def _with_ids(self, rows: pa.Table) -> tuple[pa.Table, int]:
        """The rows whose account is named, and how many are not."""
        ids = pc.utf8_trim_whitespace(as_text(_column(rows, NO_ID)))
        named = pc.fill_null(pc.greater(pc.binary_length(ids), 0), False)
        rows = rows.set_column(rows.column_names.index(NO_ID), NO_ID, ids)
        return (
            (rows, 0)
            if pc.all(named).as_py() is not False
            else (rows.filter(named), pc.sum(pc.invert(named)).as_py())
        )

    def _moments(self, rows: pa.Table, name: str) -> Moments:
        return moments(_column(rows, name), self.zone)

    def _marks(self, rows: pa.Table, updated: Moments) -> dict[str, pa.Array]:
        """Pseudonym, and the time of change masked by bytes of the same digest that are not kept."""
        held = digest_column(_column(rows, NO_ID).cast(pa.binary()), self.key)
        person = np.ascontiguousarray(held[:, :PERSON_BYTES])
        mask = np.ascontiguousarray(held[:, PERSON_BYTES : PERSON_BYTES + 8]).view(np.int64).reshape(-1)
        fixed = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(PERSON_BYTES), len(person), [None, pa.py_buffer(person)]
        )
        return {"person": fixed, "state": pa.array(mask ^ updated.microseconds)}

    def _treated(self, name: str, column: pa.Array, days: npt.NDArray[np.int32]) -> pa.Array:
        treatment = self.registry.fields[name].treatment
        if treatment == "birth_band":
            return age_bands(column, days)
        return classes(column, SIMPLE[treatment], FOLDS.get(treatment, AS_IT_IS))


def _column(rows: pa.Table, name: str) -> pa.Array:
    if name not in rows.column_names:
        return pa.nulls(len(rows), pa.string())
    column = rows[name]
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks or [pa.nulls(0, pa.string())])
    )


def _reasons(has_day: Flags, in_site: Flags) -> pa.Array:
    words = pa.array(["", NO_DAY, NO_SITE])
    numbers = np.where(has_day, np.where(in_site, 0, 2), 1).astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(numbers), words)


def _newest(updated: Moments) -> int | None:
    latest = int(updated.microseconds.max(initial=NO_TIME))
    return None if latest == NO_TIME else latest
