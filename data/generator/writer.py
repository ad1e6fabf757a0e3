"""Requests to lines, lines to files: the servers' formats and rotations.

In: requests, lines. Out: text, and files under `logs/<site>/`. Same lines, same bytes (gzip without a time).
"""

import gzip
from datetime import date
from pathlib import Path

from generator.model import Line, Request, Site

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def line(site: Site, request: Request) -> Line:
    """The line that the site's server writes for a request."""
    at = request.at
    time = f"{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S} +0500"
    size = "-" if request.size == 0 and site.log_format == "combined_forwarded" else str(request.size)
    text = (
        f'{request.address} - {request.user} [{time}] "{request.request}" {request.status} {size} '
        f'"{request.referrer}" "{request.agent}"'
    )
    if site.log_format == "vhost_combined":
        text = f"{request.host}:{request.port} {text}"
    if site.log_format == "combined_forwarded":
        text = f'{text} "{request.forwarded}"'
    if site.log_format == "combined_timed":
        text = f"{text} {request.seconds:.3f}"
    return Line(at, text)


def write_logs(out: Path, site: Site, days: dict[date, list[Line]]) -> None:
    """Write a site's days as its server rotates them; files are named by the last day they hold."""
    folder = out / "logs" / site.name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("access.log*"):
        old.unlink()
    dates = sorted(days)
    for start in range(0, len(dates), site.rotation_days):
        held = dates[start : start + site.rotation_days]
        text = "".join(f"{line.text}\n" for day in held for line in days[day])
        if site.is_last_log_plain and held[-1] == dates[-1]:
            (folder / "access.log").write_bytes(text.encode())
        else:
            packed = gzip.compress(text.encode(), compresslevel=9, mtime=0)
            (folder / f"access.log-{held[-1]:%Y%m%d}.gz").write_bytes(packed)
