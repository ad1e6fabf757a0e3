"""Where registrations come from, as ``iesiz.toml`` says it: files, or a PostgreSQL server."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, model_validator

from iesiz.settings_section import Name, Section, Zone

Seconds = Annotated[float, Field(ge=0, le=3600)]


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
    paths: list[str] = Field(default_factory=list)
    postgresql: PostgreSQL | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    zone: Zone = "Asia/Almaty"
    overlap_hours: Annotated[int, Field(ge=0, le=24 * 365)] = 24
    retry_seconds: Annotated[tuple[Seconds, ...], Field(max_length=9, strict=False)] = (5.0, 30.0)

    @model_validator(mode="after")
    def _one_source(self) -> Registration:
        if bool(self.paths) == bool(self.postgresql):
            raise ValueError("expects either paths or postgresql")
        return self
