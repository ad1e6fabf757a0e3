"""Parts of the restricted zone: request records of one file by local day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from iesiz.dictionaries import own_values
from iesiz.noted_words import WordsMet
from iesiz.restricted.day_runs import Flags
from iesiz.restricted.forgotten import clean_part
from iesiz.restricted.known import KnownFile
from iesiz.restricted.part_files import ROW_GROUP, open_part, schema_of
from iesiz.restricted.records import Records
from iesiz.storage import STAGED, outside, put_in_place
from iesiz.vocabulary import FileRef


@dataclass(slots=True)
class PartWriter:
    """Writes the parts of one file beside their places; they are put in place together, or not at all."""

    staging: Path
    rows: dict[dt.date, int] = field(default_factory=dict)
    _writers: dict[dt.date, pq.ParquetWriter] = field(default_factory=dict)
    _words: dict[dt.date, WordsMet] = field(default_factory=dict)

    def write(self, day: dt.date, table: pa.Table) -> None:
        """Append records of a day."""
        writer = self._writers.get(day)
        if writer is None:
            path = self.staging / f"{day}{STAGED}"
            writer = self._writers[day] = open_part(path, table.schema)
        writer.write_table(table, row_group_size=ROW_GROUP)
        self._words.setdefault(day, WordsMet()).add(table)
        self.rows[day] = self.rows.get(day, 0) + table.num_rows

    def close(self) -> None:
        """Finish all parts; those that rows were taken out of are finished already, and note no words."""
        for day, writer in self._writers.items():
            writer.add_key_value_metadata(self._words[day].noted())
            writer.close()
        self._writers.clear()

    def drop(self, day: dt.date, gone: Flags) -> None:
        """Take rows out of a day's part, one flag a row as written; a part without rows goes."""
        self._writers.pop(day).close()
        path, kept = self.staging / f"{day}{STAGED}", self.staging / f"{day}.kept{STAGED}"
        self.rows[day] -= int(gone.sum())
        if self.rows[day]:
            _copy_rows(path, kept, ~gone)
            kept.replace(path)
        else:
            path.unlink()
            del self.rows[day]

    def forget(self, day: dt.date, gone: Collection[bytes]) -> None:
        """Take those on a list of tombstones out of a day's part; nothing is written to it afterwards."""
        writer, path = self._writers.pop(day, None), self.staging / f"{day}{STAGED}"
        if writer is not None:
            writer.close()
        self.rows[day] -= clean_part(path, gone)
        if not self.rows[day]:
            path.unlink()
            del self.rows[day]

    def place(self, records: Records, one: KnownFile) -> None:
        """Finish the parts and put them in their places; late ones lie aside."""
        self.close()
        for day in self.rows:
            is_late = day.isoformat() in one.late
            put_in_place(self.staging / f"{day}{STAGED}", records.part(one, day, is_late))


def _copy_rows(source: Path, target: Path, keep: Flags) -> None:
    """Copy some rows of a part, row group by row group."""
    with pq.ParquetFile(source) as part, open_part(target, schema_of(part)) as out:
        start = 0
        for group in range(part.num_row_groups):
            table = part.read_row_group(group)
            kept = table.filter(pa.array(keep[start : start + table.num_rows]))
            out.write_table(own_values(kept), row_group_size=ROW_GROUP)
            start += table.num_rows


@contextmanager
def part_writer(records: Records, file: FileRef) -> Iterator[PartWriter]:
    """A writer whose staged parts are gone when it ends, whatever happens."""
    staging = records.folder / f"site={file.site}" / f"staging-{file.stream}"
    writer = PartWriter(staging)
    with outside(staging):
        try:
            staging.mkdir(parents=True, exist_ok=True)
            yield writer
        finally:
            try:
                writer.close()
            finally:
                for path in staging.glob("*"):
                    path.unlink()
                staging.rmdir()
