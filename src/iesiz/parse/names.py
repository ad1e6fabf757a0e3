"""A format by what a settings file or a command says of it: a name, or the server's own format string."""

from __future__ import annotations

from functools import lru_cache

from iesiz.errors import SettingsError
from iesiz.parse.formats import LogFormat
from iesiz.parse.presets import ALIASES, FORMATS
from iesiz.parse.strings import format_of, is_string


@lru_cache(maxsize=64)
def format_named(text: str) -> LogFormat:
    """Return the format of that name, or the one that an nginx or Apache format string describes.

    Raises:
        SettingsError: no such format, the known ones are listed; or the string cannot be used.
    """
    if is_string(text):
        return format_of(text)
    name = ALIASES.get(text, text)
    if name not in FORMATS:
        known = ", ".join((*FORMATS, *ALIASES))
        raise SettingsError(
            f"Log format {text!r} is not known; known: auto, {known}, "
            "or the server's own format string (nginx log_format, Apache LogFormat)."
        )
    return FORMATS[name]
