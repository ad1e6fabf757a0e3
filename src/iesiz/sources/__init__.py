"""What arrives: log files in blocks of lines, registrations in columns; each line and row counted once.

In: the landing zone, which is never written. Out: ``Block`` and Arrow tables, identified, in memory.
It must not write anything, fetch a column that is not declared, nor put content into a message.
"""

from __future__ import annotations

from iesiz.sources.access_log import Fingerprint, find_files, first_lines, read_blocks, read_start
from iesiz.sources.registration import open_registrations
from iesiz.sources.wanted import RegistrationSource, SourceColumn, Wanted

__all__ = [
    "Fingerprint",
    "RegistrationSource",
    "SourceColumn",
    "Wanted",
    "find_files",
    "first_lines",
    "open_registrations",
    "read_blocks",
    "read_start",
]
