"""Registrations from PostgreSQL: one read-only snapshot, streamed, only columns that were asked for.

In: a URL or a service of libpq. Out: Arrow tables a batch. It must not write to the database, nor let a text
of the driver out: it may hold the connection's password or a row.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import pyarrow as pa

from iesiz.errors import IesizError, InputError, OutsideError, SettingsError
from iesiz.sources.wanted import ID, VERSION, SourceColumn, Wanted

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

    from iesiz.registration_settings import PostgreSQL

BATCH_BYTES = 1 << 23
AS_THEY_ARE = frozenset(
    {"text", "date", "boolean", "smallint", "integer", "bigint"}
    | {"timestamp with time zone", "timestamp without time zone"}
)
# PostgreSQL's error classes: what a wrong setting or a missing permission gives.
WRONG_NAME, NOT_PERMITTED = ("42P01", "3F000"), ("42501",)
COLUMNS = """
select a.attname::text as name, format_type(a.atttypid, null)::text as type,
    has_column_privilege(a.attrelid, a.attnum, 'select') as readable
from pg_catalog.pg_attribute a
where a.attrelid = {table}::regclass and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """A table of a server, within one snapshot; see ``RegistrationSource``."""

    connection: Connection
    table: str
    offered: tuple[SourceColumn, ...]
    wanted: Wanted

    def rows(self, since: int | None = None) -> Iterator[pa.Table]:
        """Rows of the snapshot.

        Raises:
            OutsideError: the server failed.
        """
        where = ""
        if since is not None:
            version = quoted(self.wanted.columns(self.offered)[VERSION])
            # A time of ours as a number: nothing in the text comes from outside.
            moment = f"timestamptz 'epoch' + interval '{int(since)} microseconds'"
            where = f" where {version} >= {moment} or {version} is null"
        yield from self._fetched(list(self.wanted.columns(self.offered)), where)

    def versions(self) -> Iterator[pa.Table]:
        """Id and time of change of every row."""
        return self._fetched([ID, VERSION], "")

    @property
    def tells_changes(self) -> bool:
        """Whether the table has a time of change."""
        name = self.wanted.columns(self.offered).get(VERSION)
        return any(one.name == name and one.type.startswith("timestamp") for one in self.offered)

    def _fetched(self, fields: list[str], where: str) -> Iterator[pa.Table]:
        types = {one.field: one.type for one in self.offered}
        columns = self.wanted.columns(self.offered)
        chosen = ", ".join(_expression(columns[name], types[name]) for name in fields)
        query = f"select {chosen} from {self.table}{where}"  # noqa: S608 - quoted names, and a number
        with driver_errors(self.table), self.connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)})
            cursor.execute(query)
            with cursor.fetch_record_batch() as reader:
                for batch in reader:
                    yield pa.table(batch.columns, names=fields)


@contextmanager
def open_postgresql(settings: PostgreSQL, wanted: Wanted, zone: str) -> Iterator[DatabaseSource]:
    """Connect and begin a read-only snapshot.

    Args:
        settings: how to reach the table.
        wanted: what is asked of it.
        zone: the zone of times that state none.

    Raises:
        InputError: the table lacks a mandatory column or withholds it from us.
        OutsideError: the server cannot be reached or failed.
        SettingsError: the URL's variable is not set, the driver is not installed, or there is no such table.
    """
    dbapi, address = _driver(), _address(settings)
    table = ".".join(quoted(part) for part in settings.table.split("."))
    with _connected(dbapi, address, table) as connection:
        with driver_errors(table), connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            cursor.execute(f"set local timezone = {_literal(zone)}")
            cursor.execute(COLUMNS.format(table=_literal(table)))
            found = cursor.fetchall()
        offered = tuple(SourceColumn(name, wanted.field_of(name), *rest) for name, *rest in found)
        _refuse_incomplete(table, offered, wanted)
        yield DatabaseSource(connection, table, offered, wanted)


@contextmanager
def _connected(dbapi: ModuleType, address: str, table: str) -> Iterator[Connection]:
    with driver_errors(table):
        connection = dbapi.connect(address, autocommit=False)
    try:
        yield connection
    finally:
        # A connection whose server is gone cannot be closed in order either.
        with suppress(Exception):
            connection.close()


def _driver() -> ModuleType:
    try:
        return import_module("adbc_driver_postgresql.dbapi")
    except ImportError:
        raise SettingsError(
            "registration.postgresql needs the driver: install iesiz with its extra 'postgresql'."
        ) from None


def _address(settings: PostgreSQL) -> str:
    if settings.service is not None:
        return f"service={settings.service} connect_timeout=15"
    url = settings.url.get_secret_value() if settings.url else os.environ.get(settings.url_variable or "", "")
    if not url.startswith(("postgresql://", "postgres://")):
        place = "url" if settings.url else "url_variable (the environment has no such URL)"
        raise SettingsError(f"registration.postgresql.{place}: expected postgresql://user@host/database.")
    return url if "connect_timeout" in url else f"{url}{'&' if '?' in url else '?'}connect_timeout=15"


def _refuse_incomplete(table: str, offered: tuple[SourceColumn, ...], wanted: Wanted) -> None:
    missing = wanted.missing(offered)
    if missing:
        raise InputError(
            f"registration: the mandatory column{'s' * (len(missing) > 1)} {', '.join(missing)} of {table} "
            "is not there or not granted to us. Have it granted (`iesiz registration check` lists all)."
        )


def _expression(name: str, type_: str) -> str:
    return quoted(name) if type_ in AS_THEY_ARE else f"{quoted(name)}::text as {quoted(name)}"


def quoted(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def driver_errors(table: str) -> Iterator[None]:
    """Turn the driver's errors into ours: its class and SQLSTATE are said, its text never.

    Raises:
        OutsideError: whatever is not one of the next two.
        SettingsError: there is no such table.
        InputError: we are not permitted to read it.
    """
    try:
        yield
    except (IesizError, GeneratorExit):
        raise
    except Exception as error:  # noqa: BLE001 - the driver raises its own, Arrow's and the system's
        state = getattr(error, "sqlstate", None) or ""
        failure = type(error).__name__ + (f", SQLSTATE {state}" if state else "")
    else:
        return
    if state in WRONG_NAME:
        raise SettingsError(f"registration: the database has no {table} ({failure}).") from None
    if state in NOT_PERMITTED:
        raise InputError(f"registration: {table} is not granted to us ({failure}).") from None
    raise OutsideError(
        f"registration: the database failed ({failure}). What was stored before is unchanged; try again."
    ) from None
