"""What one log file's de-identification is made of: its format, what its treatments need, one block's way.

Opened by ``pipeline`` alone. In: settings and a file. Out: frozen inputs of the stages, and treated blocks in
memory. It must not write.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np

from iesiz.deidentify import Context, Fate, KeyRing, OwnRoutes, Treated, deidentify_chunk
from iesiz.parse import LogFormat, choose_format, only_hosts, parse_block
from iesiz.policy import has_edition, load_registry
from iesiz.publish import published_days
from iesiz.records import Block
from iesiz.settings import Settings
from iesiz.sources import read_start
from iesiz.vocabulary import FileRef


def treat(block: Block, form: LogFormat, context: Context, line_seed: np.uint64) -> Treated:
    """One block from lines to restricted records, in memory."""
    chunk = parse_block(block, form, fold=not context.routes_have_numbers, line_seed=line_seed)
    return deidentify_chunk(only_hosts(chunk, context.hosts), context)


def line_seed_of(context: Context, file: FileRef) -> np.uint64:
    """What the hashes of a stream's lines start from: the same in every run, and of no other stream."""
    return np.uint64(int.from_bytes(context.keys.key("lines", file.site, file.stream)[:8], "little"))


def declared_format(settings: Settings, file: FileRef) -> str:
    """The format that the settings give a file's log, as it is written there."""
    return next(log.format for log in settings.site(file.site).logs if log.stream == file.stream)


def mark_of_format(settings: Settings, file: FileRef) -> str:
    """By what a declared format is told from others: when it changes, what it read is read again."""
    return hashlib.sha256(declared_format(settings, file).encode()).hexdigest()[:16]


def format_of(settings: Settings, file: FileRef) -> LogFormat:
    """The format that the settings name, or the one that the file's first lines show.

    Raises:
        InputError: the file cannot be read, or no format fits.
    """
    return choose_format(file.path, declared_format(settings, file), read_start(file.path)).form


def context_of(settings: Settings, file: FileRef) -> Context:
    """What the treatments of a file need: its site's settings, keys, and the fate of each day."""
    site, published = settings.site(file.site), published_days(settings)

    def fate(day: dt.date) -> Fate:
        if not has_edition(settings, day):
            return Fate.NO_EDITION
        return Fate.LATE if day in published else Fate.OPEN

    return Context(
        site=site.name,
        zone=site.zone,
        hosts=frozenset(host.lower() for host in site.hosts),
        own_hosts=settings.own_hosts,
        routes=OwnRoutes((*site.routes, *(step.route for step in site.funnel))),
        registry=load_registry("access_log"),
        keys=KeyRing(settings.restricted / "keys"),
        fate=fate,
    )
