"""What every table of ``iesiz.toml`` has in common: frozen, strict types, unknown keys refused."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict

from iesiz.vocabulary import NAME_PATTERN


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is not a time zone of the zone database, for example Asia/Almaty") from None
    return name


def _plain_name(name: str) -> str:
    if not NAME_PATTERN.fullmatch(name):
        raise ValueError("is made of a-z, 0-9, '-' and '_', at most 63 of them")
    return name


Name = Annotated[str, AfterValidator(_plain_name)]
Zone = Annotated[str, AfterValidator(_known_zone)]


class Section(BaseModel):
    """A table of ``iesiz.toml``: frozen, strict types, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
