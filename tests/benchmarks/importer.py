"""The parse-only loop of the log importers of the field, written after the manner of Matomo's importer.

One expression with named groups for the combined format, matched line by line; each match becomes a hit whose
fields are decoded, which passes the checks that decide whether it would be sent (host, static file, download,
agent, status, path), and whose time is made UTC. Nothing is looked up, counted or stored.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

COMBINED = re.compile(
    r"(?P<ip>[\w*.:-]+)\s+\S+\s+(?P<userid>\S+)\s+\[(?P<date>.*?)\s+(?P<timezone>.*?)\]\s+"
    r'"(?P<method>\S+)\s+(?P<path>.*?)\s+\S+"\s+(?P<status>\d+)\s+(?P<length>\S+)'
    r'\s+"(?P<referrer>.*?)"\s+"(?P<user_agent>.*?)"'
)
STATIC = {
    "gif", "jpg", "jpeg", "png", "bmp", "ico", "svg", "ttf", "eot", "woff", "swf", "css", "js", "webp",
}  # fmt: skip
DOWNLOADS = {
    "7z", "bz2", "csv", "doc", "docx", "exe", "gz", "iso", "jar", "mp3", "mp4", "pdf", "rar", "tar", "zip",
}  # fmt: skip
ROBOTS = (
    "adsbot-google", "ask jeeves", "baidubot", "bot-", "bot/", "ccooter/", "crawl", "curl", "echoping",
    "exabot", "feed", "googlebot", "ia_archiver", "java/", "libwww", "mediapartners-google", "msnbot",
    "netcraftsurvey", "panopta", "pingdom.com_bot_", "robot", "spider", "surveybot", "twiceler", "voilabot",
    "yahoo", "yandex", "zabbix",
)  # fmt: skip
EXCLUDED_PATHS = ("/wp-admin/*", "*/robots.txt", "*/favicon.ico")


@dataclass
class Hit:
    """One line as an importer holds it."""

    status: str
    is_download: bool = False
    is_robot: bool = False
    args: dict[str, object] = field(default_factory=dict)


def hit_of(line: str) -> Hit | None:
    """A line that would be sent; None if it is of another form or one of the checks leaves it out."""
    match = COMBINED.match(line)
    if match is None:
        return None
    hit = Hit(match["status"])
    full_path = match["path"]
    path, _, query = full_path.partition("?")
    extension = path.rpartition(".")[2].lower()
    agent = match["user_agent"].lower()
    hit.is_download = extension in DOWNLOADS
    hit.is_robot = any(name in agent for name in ROBOTS)
    passes = (
        extension not in STATIC
        and not hit.is_robot
        and hit.status[0] not in "345"
        and not any(fnmatch.fnmatch(path, pattern) for pattern in EXCLUDED_PATHS)
    )
    hit.args = {
        "ip": match["ip"],
        "userid": None if match["userid"] == "-" else match["userid"],
        "path": urllib.parse.unquote(path),
        "query": urllib.parse.parse_qs(query) if query else {},
        "length": int(match["length"]) if match["length"] != "-" else 0,
        "referrer": "" if match["referrer"] == "-" else match["referrer"],
        "user_agent": match["user_agent"],
        "date": _utc(match["date"], match["timezone"]),
    }
    return hit if passes else None


def _utc(date: str, zone: str) -> dt.datetime:
    moment = dt.datetime.strptime(date, "%d/%b/%Y:%H:%M:%S")  # noqa: DTZ007 - as importers do
    return moment - dt.timedelta(hours=float(zone) / 100)


def parse(log: Path) -> int:
    """Parse every line; how many would be sent."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum(hit_of(line) is not None for line in lines)
