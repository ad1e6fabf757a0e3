"""Lines to typed columns: each line is recognised, ignored (why) or rejected (why), and counted once.

In: blocks of bytes cut at line ends, and a ``LogFormat``. Out: ``ParsedChunk``, whose texts are
dictionary-coded, so that later stages work on distinct values. It must not write anything, raise on
any input line, or put a line's content into a message.
"""

from __future__ import annotations

from iesiz.parse.chunk import only_hosts, parse_block
from iesiz.parse.columns import columns_seen, with_columns
from iesiz.parse.detect import AUTO, Detected, choose_format
from iesiz.parse.fold_kernel import packed
from iesiz.parse.formats import LogFormat
from iesiz.parse.names import format_named
from iesiz.parse.presets import FORMATS

__all__ = [
    "AUTO",
    "FORMATS",
    "Detected",
    "LogFormat",
    "choose_format",
    "columns_seen",
    "format_named",
    "only_hosts",
    "packed",
    "parse_block",
    "with_columns",
]
