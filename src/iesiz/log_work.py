"""What one log file's de-identification is made of: its format, what its treatments need, one block's way.

Opened by ``pipeline`` alone. In: settings and a file. Out: frozen inputs of the stages, and treated blocks in
memory. It must not write.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import numpy as np

from iesiz.deidentify import (
    ASSET_EXTENSIONS,
    LINES,
    PERIOD,
    VISITOR_KEYS,
    Context,
    Fate,
    KeyRing,
    OwnRoutes,
    Proxies,
    Treated,
    deidentify_chunk,
    epoch_of,
    in_zone,
    with_clients,
)
from iesiz.errors import SettingsError
from iesiz.parse import LogFormat, choose_format, only_hosts, packed, parse_block
from iesiz.periods import Period
from iesiz.policy import has_edition, load_registry
from iesiz.publish import published_days, published_periods
from iesiz.records import Block
from iesiz.restricted import Records
from iesiz.seen_work import has_unions
from iesiz.settings import Settings
from iesiz.site_settings import PEER, Log
from iesiz.sources import read_start
from iesiz.vocabulary import FileRef

# The field of a log that holds each header in which a client may be found.
HEADERS = {"x_forwarded_for": "forwarded", "real_ip": "real_ip"}
NAMED_FILES = packed(ASSET_EXTENSIONS)


def treat(block: Block, form: LogFormat, context: Context, line_seed: np.uint64) -> Treated:
    """One block from lines to restricted records, in memory."""
    fold = None if context.routes_have_numbers else NAMED_FILES
    chunk = parse_block(block, form, fold, line_seed)
    chunk = in_zone(
        only_hosts(chunk, context.hosts), context.clock or ("UTC" if form.is_utc else context.zone)
    )
    if context.proxies:
        chunk = with_clients(chunk, context.proxies)
    return deidentify_chunk(chunk, context)


def line_seed_of(context: Context, file: FileRef) -> np.uint64:
    """What the hashes of a stream's lines start from: the same in every run, and of no other stream."""
    return np.uint64(int.from_bytes(context.keys.key(LINES, file.site, file.stream)[:8], "little"))


def mark_of_format(settings: Settings, file: FileRef) -> str:
    """By what a log's settings are told from others: when they change, what they read is read again."""
    log = _log_of(settings, file)
    read = json.dumps([log.format, log.zone, log.client, log.trusted])
    return hashlib.sha256(read.encode()).hexdigest()[:16]


def _log_of(settings: Settings, file: FileRef) -> Log:
    return next(log for log in settings.site(file.site).logs if log.stream == file.stream)


def format_of(settings: Settings, file: FileRef) -> LogFormat:
    """The format that the settings name, or the one that the file's first lines show.

    Raises:
        InputError: the file cannot be read, or no format fits.
        SettingsError: the format lacks the header in which the client is to be found.
    """
    log = _log_of(settings, file)
    form = choose_format(file.path, log.format, read_start(file.path)).form
    if log.client != PEER and HEADERS[log.client] not in form.fields:
        raise SettingsError(
            f"{file.site}/{file.stream}: client = {log.client!r} needs that header in the log, and "
            f"the format {form.name} has none. Give the server's own format string, or leave `client` out."
        )
    return form


def context_of(settings: Settings, file: FileRef) -> Context:
    """What the treatments of a file need: its site's settings, keys, and the fate of each day."""
    site, log = settings.site(file.site), _log_of(settings, file)
    published, gone = published_days(settings), Records(settings).gone_days()
    keys, unions = KeyRing.of(settings), has_unions(settings)

    def fate(day: dt.date) -> Fate:
        if not has_edition(settings, day):
            return Fate.NO_EDITION
        if day not in published | gone:
            return Fate.OPEN
        is_over = day in gone or any(keys.is_destroyed(one, site.name, str(day)) for one in VISITOR_KEYS)
        return Fate.LATE if is_over else Fate.ASIDE

    def is_period_open(period: Period) -> bool:
        is_over = keys.is_destroyed(PERIOD, site.name, epoch_of(period))
        return unions and not is_over and period not in published_periods(settings, period.grain)

    return Context(
        site=site.name,
        zone=site.zone,
        hosts=frozenset(host.lower() for host in site.hosts),
        own_hosts=settings.own_hosts,
        routes=OwnRoutes((*site.routes, *(step.route for step in site.funnel))),
        registry=load_registry("access_log"),
        keys=keys,
        fate=fate,
        is_period_open=is_period_open,
        clock=log.zone,
        proxies=None if log.client == PEER else Proxies(HEADERS[log.client], tuple(log.trusted)),
        languages=frozenset(site.languages),
    )
