"""The parse-only loop of the log importers of the field, written after the manner of Matomo's importer.

One expression with named groups for the combined format, matched line by line; each match becomes a hit. Its
fields are asked for by name, those that another format would have among them (each that is missing is an
exception that is caught), the checks decide whether it would be sent (static file, download, agent, status,
path), and the time of one that would is made UTC. Nothing is decoded, looked up, counted or stored: importers
leave that to the sending.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
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
HOST = "mall.example"
EXCLUDED_PATHS = ("/wp-admin/*", "*/robots.txt", "*/favicon.ico")


class Missing(Exception):
    """A format has no such field."""


@dataclass
class Hit:
    """One line as an importer holds it."""

    line: int
    status: str
    full_path: str
    path: str = ""
    query: str = ""
    extension: str = ""
    is_download: bool = False
    is_robot: bool = False
    is_error: bool = False
    is_redirect: bool = False
    length: int = 0
    milliseconds: float = 0.0
    host: str = ""
    ip: str = ""
    referrer: str = ""
    user_agent: str = ""
    event: str | None = None
    date: dt.datetime | None = None
    args: dict[str, str] = field(default_factory=dict)


def asked(match: re.Match[str], name: str) -> str:
    """A field of a line.

    Raises:
        Missing: the format has none of that name.
    """
    try:
        return match.group(name)
    except IndexError:
        raise Missing(f"no group {name}") from None


def hit_of(number: int, line: str) -> Hit | None:
    """A line that would be sent; None if it is of another form or one of the checks leaves it out."""
    match = COMBINED.match(line)
    if match is None:
        return None
    hit = Hit(number, asked(match, "status"), asked(match, "path"))
    try:
        hit.query, hit.path = asked(match, "query_string"), hit.full_path
    except Missing:
        hit.path, _, hit.query = hit.full_path.partition("?")
    hit.extension = hit.path.rpartition(".")[2].lower()
    hit.referrer = _bare(asked(match, "referrer"))
    hit.user_agent = _bare(asked(match, "user_agent"))
    hit.ip = asked(match, "ip")
    try:
        hit.length = int(asked(match, "length"))
    except ValueError:
        hit.length = 0
    hit.milliseconds = _milliseconds(match)
    try:
        hit.host = asked(match, "host").lower().strip(".")
    except Missing:
        hit.host = HOST
    if (user := asked(match, "userid")) != "-":
        hit.args["uid"] = user
    try:
        hit.event = asked(match, "event_category")
    except Missing:
        hit.event = None
    if not all(check(hit) for check in CHECKS):
        return None
    hit.date = _utc(asked(match, "date"), asked(match, "timezone"))
    return hit


def _bare(text: str) -> str:
    text = text[1:-1] if text.startswith('"') else text
    return "" if text == "-" else text


def _milliseconds(match: re.Match[str]) -> float:
    for name, factor in (("milliseconds", 1), ("microseconds", 0.001), ("seconds", 1000)):
        try:
            return float(asked(match, name)) * factor
        except Missing:
            continue
    return 0.0


def _is_no_static_file(hit: Hit) -> bool:
    return hit.extension not in STATIC


def _may_be_a_download(hit: Hit) -> bool:
    hit.is_download = hit.extension in DOWNLOADS
    return True


def _is_no_robot(hit: Hit) -> bool:
    agent = hit.user_agent.lower()
    hit.is_robot = any(name in agent for name in ROBOTS)
    return not hit.is_robot


def _succeeds(hit: Hit) -> bool:
    hit.is_error, hit.is_redirect = hit.status[0] in "45", hit.status[0] == "3" and hit.status != "304"
    return not (hit.is_error or hit.is_redirect)


def _is_wanted(hit: Hit) -> bool:
    return not any(fnmatch.fnmatch(hit.path, pattern) for pattern in EXCLUDED_PATHS)


CHECKS = (_is_no_static_file, _may_be_a_download, _is_no_robot, _succeeds, _is_wanted)


def _utc(date: str, zone: str) -> dt.datetime:
    moment = dt.datetime.strptime(date, "%d/%b/%Y:%H:%M:%S")  # noqa: DTZ007 - as importers do
    return moment - dt.timedelta(hours=float(zone) / 100)


def parse(log: Path) -> int:
    """Parse every line; how many would be sent."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum(hit_of(number, line) is not None for number, line in enumerate(lines))
