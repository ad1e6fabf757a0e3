"""What keeps a night from going well, found before it begins: each finding with its remedy.

In: settings, and what the machine has. Out: findings. It must not write, nor show content or a secret.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

from iesiz import pipeline
from iesiz.alert_checks import alert_findings, night_findings
from iesiz.calendar import now
from iesiz.errors import IesizError
from iesiz.noise_findings import noise_findings
from iesiz.policy import has_edition
from iesiz.restricted import Records
from iesiz.scheduler import scheduler_findings
from iesiz.settings import Settings
from iesiz.vocabulary import Finding

Check = Callable[[Settings], Iterator[Finding]]
LEAST_FREE = 2 << 30
# Kazakhstan has one zone, UTC+5, since 2024-03-01.
CHANGED = dt.datetime(2024, 3, 2, 12, tzinfo=dt.UTC)
DATED = ("read_on", "closed", "on", "read_at")


@dataclass(frozen=True, slots=True)
class Trap:
    """Versions of a package that are known to fail, from ``first`` until before ``until``."""

    package: str
    first: tuple[int, ...]
    until: tuple[int, ...]
    effect: str
    remedy: str


TRAPS = (
    Trap("fastapi", (0, 151), (99,), "the start of every flow fails", "pip install 'fastapi<0.151'"),
    Trap("sqlalchemy", (2, 1), (99,), "no run is ever scheduled", "pip install 'sqlalchemy<2.1'"),
    Trap("duckdb", (2, 0, 0), (2, 0, 1), "the process aborts at its end", "pip install 'duckdb!=2.0.0'"),
)


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at, and what was found; nothing found is well."""

    checks: tuple[str, ...]
    findings: tuple[Finding, ...]


def examine_store(settings: Settings) -> Examination:
    """Look at everything; what cannot be looked at is a finding too."""
    found = [one for name, check in CHECKS.items() for one in _contained(name, check, settings)]
    return Examination(("settings", *CHECKS), tuple(found))


def _contained(
    name: str, check: Callable[[Settings], Iterator[Finding]], settings: Settings
) -> list[Finding]:
    try:
        return list(check(settings))
    except IesizError as error:
        return [Finding(name, str(error), "Do as the message says, then run `iesiz doctor` again.")]
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        return [Finding(name, f"cannot be looked at: {reason}.", "Run it as the user who runs the nights.")]


def _policy(settings: Settings) -> Iterator[Finding]:
    today = now().date()
    if not has_edition(settings, today):
        yield Finding(
            "policy",
            f"no edition of the policy is in force on {today}.",
            "Set in_force of the edition in iesiz.toml.",
        )


def _permissions(settings: Settings) -> Iterator[Finding]:
    for folder in (settings.store_path, settings.restricted):
        if folder.exists() and folder.stat().st_uid != os.getuid():
            yield Finding(
                "permissions",
                f"{folder}: belongs to another user.",
                "Run the nights as its owner, or chown it.",
            )
    if settings.restricted.exists() and settings.restricted.stat().st_mode & 0o077:
        yield Finding(
            "permissions",
            f"{settings.restricted}: open to other users.",
            f"chmod 0700 {settings.restricted}",
        )


def _keys(settings: Settings) -> Iterator[Finding]:
    if not settings.restricted.exists():
        return
    today = now().date()
    for one in pipeline.list_keys(settings):
        if one.destroy_after is not None and one.destroy_after < today:
            yield Finding("keys", f"the key {one.name} is past its time.", "iesiz upkeep")
    pipeline.check_keys(settings)


def _clock(settings: Settings) -> Iterator[Finding]:
    today = now().date()
    dates = [
        str(entry.facts[name])[: len("2026-11-01")]
        for entry in Records(settings).ledger.entries()
        for name in DATED
        if entry.facts.get(name)
    ]
    latest = max(dates, default="")
    if latest > today.isoformat():
        yield Finding(
            "clock",
            f"the clock says {today}, the ledger was written on {latest}: the clock was set back.",
            "Set the clock by NTP before the next night; a day is never closed too early, but kept too long.",
        )
    offset = ZoneInfo("Asia/Almaty").utcoffset(CHANGED)
    if offset != dt.timedelta(hours=5):
        yield Finding(
            "clock",
            "the time zone database does not know that Kazakhstan changed its zone on 2024-03-01.",
            "pip install --upgrade tzdata, and update the system's tzdata.",
        )


def _versions(_settings: Settings) -> Iterator[Finding]:
    for trap in TRAPS:
        installed = installed_version(trap.package)
        if installed and trap.first <= installed < trap.until:
            shown = ".".join(map(str, installed))
            yield Finding("versions", f"{trap.package} {shown}: {trap.effect}.", trap.remedy)


def installed_version(package: str) -> tuple[int, ...]:
    """The numbers of a package's version; empty if it is not there."""
    try:
        return tuple(int(part) for part in re.findall(r"\d+", version(package))[:3])
    except PackageNotFoundError:
        return ()


def _space(settings: Settings) -> Iterator[Finding]:
    folder = settings.store_path
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        yield Finding(
            "space",
            f"{folder}: {free / (1 << 30):.1f} GiB free, less than {LEAST_FREE >> 30}.",
            "Make room: a night writes about a tenth of the logs that arrive, and 1 GiB while it counts.",
        )


def _source(settings: Settings) -> Iterator[Finding]:
    if settings.registration is None:
        return
    from iesiz.tools import check_registration

    missing = [one.field for one in check_registration(settings) if one.is_missing]
    if missing:
        yield Finding(
            "registrations",
            f"mandatory fields are missing: {', '.join(missing)}.",
            "Have them delivered or granted; `iesiz registration check` lists all.",
        )


def _logs(settings: Settings) -> Iterator[Finding]:
    for site in settings.sites:
        for log in site.logs:
            paths = [path for pattern in log.paths for path in _matching(settings.base, pattern)]
            closed = [path for path in paths if not os.access(path, os.R_OK)]
            if not paths:
                yield Finding(
                    "logs", f"no file matches the paths of {site.name}/{log.stream}.", "Correct its `paths`."
                )
            for path in closed:
                yield Finding("logs", f"{path}: not readable.", "Let the user who runs the nights read it.")
    from iesiz.tools import refused_files

    for said in refused_files(settings):
        yield Finding("logs", said, "Do as the message says; the nights go on without it, with exit code 3.")


def _matching(base: Path, pattern: str) -> list[Path]:
    path = Path(pattern)
    root, relative = (Path(path.anchor), path.relative_to(path.anchor)) if path.anchor else (base, path)
    return sorted(root.glob(str(relative)))


def _schedule(_settings: Settings) -> Iterator[Finding]:
    yield from scheduler_findings(os.environ)


CHECKS: Mapping[str, Check] = {
    "policy": _policy,
    "permissions": _permissions,
    "keys": _keys,
    "clock": _clock,
    "versions": _versions,
    "space": _space,
    "logs": _logs,
    "registrations": _source,
    "noise": noise_findings,
    "schedule": _schedule,
    "alerts": alert_findings,
    "nights": night_findings,
}
