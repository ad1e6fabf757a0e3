"""The restricted zone: which files count, their records by day, the registration mirror.

In: Arrow tables without identifiers, and keyed hashes of lines. Out: Parquet parts, the hashes by which lines
that come again are known, the numbers of rejected lines, and the record of all this in the full ledger. It
must not hold an identifier as it was, nor count a part twice.
"""

from __future__ import annotations

from iesiz.restricted.called import read_called
from iesiz.restricted.cohort import (
    CAME,
    NETWORKS,
    WEEKDAYS,
    cohorts_path,
    forget_gone,
    forget_visits,
    note_cohort,
    notes_hold,
    read_cohort,
    read_visits,
    write_visits,
)
from iesiz.restricted.exact import counts_path, expired, has_exact, read_exact, write_exact
from iesiz.restricted.forgotten import (
    add_tombstones,
    clean_part,
    day_list,
    people_list,
    period_list,
    tombstones,
    without,
)
from iesiz.restricted.keeping import last_day_kept
from iesiz.restricted.known import KnownFile
from iesiz.restricted.labels import read_labels, write_labels
from iesiz.restricted.lines import LineCollector, line_collector
from iesiz.restricted.mirror import (
    MirrorBuilder,
    MirrorCounts,
    MirrorMarks,
    mirror_builder,
    mirror_path,
    read_marks,
)
from iesiz.restricted.parts import PartWriter, part_writer
from iesiz.restricted.period_sets import (
    all_sets,
    drop_sets,
    estrange,
    forget_sets,
    held_sets,
    set_folder,
    set_paths,
    write_set,
)
from iesiz.restricted.records import Records
from iesiz.restricted.registered import freeze_registrations
from iesiz.restricted.rejects import RejectedLine, RejectWriter, read_rejects, reject_writer
from iesiz.restricted.revised_sets import renew_set
from iesiz.restricted.settle import Content, Reading, settle
from iesiz.restricted.visitor_maps import MapWriter, held_maps, map_writer, read_maps

__all__ = [
    "CAME",
    "NETWORKS",
    "WEEKDAYS",
    "Content",
    "KnownFile",
    "LineCollector",
    "MapWriter",
    "MirrorBuilder",
    "MirrorCounts",
    "MirrorMarks",
    "PartWriter",
    "Reading",
    "Records",
    "RejectWriter",
    "RejectedLine",
    "add_tombstones",
    "all_sets",
    "clean_part",
    "cohorts_path",
    "counts_path",
    "day_list",
    "drop_sets",
    "estrange",
    "expired",
    "forget_gone",
    "forget_sets",
    "forget_visits",
    "freeze_registrations",
    "has_exact",
    "held_maps",
    "held_sets",
    "last_day_kept",
    "line_collector",
    "map_writer",
    "mirror_builder",
    "mirror_path",
    "note_cohort",
    "notes_hold",
    "part_writer",
    "people_list",
    "period_list",
    "read_called",
    "read_cohort",
    "read_exact",
    "read_labels",
    "read_maps",
    "read_marks",
    "read_rejects",
    "read_visits",
    "reject_writer",
    "renew_set",
    "set_folder",
    "set_paths",
    "settle",
    "tombstones",
    "without",
    "write_exact",
    "write_labels",
    "write_set",
    "write_visits",
]
