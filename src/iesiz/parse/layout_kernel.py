"""How a format lies in memory for the compiled readers, and what they write: constants only.

A program has a row a field, with the columns ``LITERAL`` to ``COLUMN``. Each recognised line has one place in
every row of ``Rows``: the rows ``SECONDS`` to ``DURATION``, then start and length of each text, then those of
the path. Rows and not columns, so that what is read of all lines lies side by side.
These numbers are built into the compiled code, so they live in a file whose content names that code.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

Program = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]

LITERAL, MASK, LENGTH, KIND, FLAGS, SCALE, COLUMN = range(7)
PROGRAM_COLUMNS = 7
LITERAL_BYTES = 8
QUOTED, NUMBER_NEXT, LAST, OPEN_ENDED, NEVER_EMPTY = 1, 2, 4, 8, 16
CHAINED = 32  # the literal goes on in the next field
AT_ONCE = 64  # the literal stands where the field would begin
OPTIONAL = 128  # the field may be absent with its literal
CSV = 256  # the value may stand in quotes, with quotes in it doubled
FINISH = 512  # the request was put together from several fields
FINISH_TIME = 1024  # the time was

RECOGNISED, EMPTY, COMMENT, OTHER_EVENT, NO_MATCH, BAD_CLOCK, BAD_STATUS, BAD_BYTES, TOO_LONG, GLUED = range(
    10
)
UNSTATED = np.int64(-(2**40))  # in place of an offset: the line's time names no zone
SECONDS, OFFSET, STATUS, SIZE, METHOD, CAMPAIGN, HASH, LINE, CLOCK, DURATION, TEXTS = range(11)


class Kind(IntEnum):
    """How a field is read.

    Attributes:
        TIME: ``13/Oct/2013:06:25:02 +0200``, the form of the common log format.
        MOMENT: a time of the common form, of ISO 8601 or a decimal number of units since 1970.
        HOST: a text whose port goes.
        CODE: a status that may be written otherwise where there was none.
        URL_REQUEST: a request line whose target is a whole URL; its host comes out as ``host``.
        DATE: year, month and day; further kinds up to ``ZONE`` are parts of a time.
        EVENT: present in lines that tell of something else than a request.
    """

    SKIP = 0
    TEXT = 1
    TIME = 2
    REQUEST = 3
    STATUS = 4
    BYTES = 5
    MOMENT = 6
    HOST = 7
    METHOD = 8
    TARGET = 9
    QUERY = 10
    DURATION = 11
    CODE = 12
    URL_REQUEST = 13
    DATE = 14
    CLOCK = 15
    YEAR = 16
    MONTH = 17
    DAY = 18
    HOUR = 19
    MINUTE = 20
    SECOND = 21
    ZONE = 22
    EVENT = 23
