"""The parse-only loop of the log importers of the field, written after the manner of Matomo's importer.

One compiled expression with named groups for the combined format, matched line by line; each match becomes a
dictionary of decoded fields and a time in UTC. Nothing is looked up, classified, counted or stored.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

COMBINED = re.compile(
    r"(?P<ip>[\w*.:-]+)\s+\S+\s+(?P<userid>\S+)\s+\[(?P<date>.*?)\s+(?P<timezone>.*?)\]\s+"
    r'"(?P<method>\S+)\s+(?P<path>.*?)\s+\S+"\s+(?P<status>\d+)\s+(?P<length>\S+)'
    r'\s+"(?P<referrer>.*?)"\s+"(?P<user_agent>.*?)"'
)


def hit_of(line: str) -> dict[str, object] | None:
    """The fields of one line; None if it is of another form."""
    match = COMBINED.match(line)
    if match is None:
        return None
    hit: dict[str, object] = dict(match.groupdict())
    zone = float(match["timezone"]) / 100
    moment = dt.datetime.strptime(match["date"], "%d/%b/%Y:%H:%M:%S")  # noqa: DTZ007 - as importers do
    hit["date"] = moment - dt.timedelta(hours=zone)
    path, _, query = match["path"].partition("?")
    hit["path"], hit["query"] = path, query
    hit["length"] = int(match["length"]) if match["length"] != "-" else 0
    return hit


def parse(log: Path) -> int:
    """Parse every line; how many were of the format."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum(hit_of(line) is not None for line in lines)
