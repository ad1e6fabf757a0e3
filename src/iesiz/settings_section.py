"""What every table of ``iesiz.toml`` has in common: frozen, strict types, unknown keys refused."""

from __future__ import annotations

from pydantic import ConfigDict

STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
