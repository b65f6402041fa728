"""`vigie import`: a file, read by a map, into the warehouse. Running it twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from data_access.clock import naive_utc
from data_access.dialects.columns import UUID
from ingest.columns import Flags
from ingest.expressions import Batch, evaluated, skipped
from ingest.files import UnreadableFile, batches, file_hash, first_line
from ingest.ids import uuid_of
from ingest.mapping import TARGETS, InvalidMapping, Mapping, TableMap
from ingest.writer import BatchWriter, Load

__all__ = ["InvalidMapping", "Summary", "UnreadableFile", "import_file"]

Progress = Callable[[float, str], None]


@dataclass
class Summary:
    """What became of a file: `rows` read, `skipped` (left out of every table by the map's rules), `unreadable` (not rows at all);
    per table `loaded`, `duplicates` and `rejected`; where the rejects were written, None where there are none."""

    rows: int = 0
    skipped: int = 0
    unreadable: int = 0
    loaded: dict[str, int] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    rejects: Path | None = None


class Rejects:
    """JSON Lines of {line, table, reason, row}; written beside, put in place when the import is complete."""

    def __init__(self, target: Path, first_line: int) -> None:
        self.first_line = first_line  # the line of row 0
        self._target = target
        self._draft = target.with_suffix(".draft")
        self._lines: list[bytes] = []

    def add(self, line: int, reason: str, row: Any, table: str | None = None) -> None:
        self._lines.append(orjson.dumps({"line": line, "table": table, "reason": reason, "row": row}, default=str))

    def __len__(self) -> int:
        return len(self._lines)

    def close(self) -> Path | None:
        if not self._lines:
            self._target.unlink(missing_ok=True)
            return None
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._draft.write_bytes(b"\n".join(self._lines) + b"\n")
        self._draft.replace(self._target)
        return self._target


def import_file(
    path: Path,
    mapping: Mapping,
    writer: BatchWriter,
    now: datetime,
    *,
    rejects_dir: Path,
    progress: Progress = lambda done, what: None,
) -> Summary:
    """Load a file; `now` is aware. All of it in one transaction: after a failure nothing of it is there.

    A row's id is the mapped one; where the map gives none, the file's hash and the row's number: true duplicates
    inside a file stay, and the same file again adds nothing. Raises UnreadableFile or MissingColumn.
    """
    digest = file_hash(path)
    rejects = Rejects(rejects_dir / f"{_safe(path.stem)}-{digest[:8]}.rejects.jsonl", first_line(path, mapping))
    summary = Summary()
    size = max(path.stat().st_size, 1)
    with writer.bulk(now) as load:
        for first, frame in batches(path, mapping, rejects.add):
            unused = np.ones(len(frame), dtype=bool)
            for at, table in enumerate(mapping.load):
                unused &= _load(load, Batch(frame, mapping), (table, first, f"{digest}:{at}"), (summary, rejects))
            summary.rows += len(frame)
            summary.skipped += int(unused.sum())
            progress(min(0.9, summary.rows * 60 / size), f"{summary.rows:,} rows")
        progress(0.9, "rollups")
        written = load.finish()
        summary.loaded, summary.duplicates = _counted(written.inserted), _counted(written.duplicates)
        load.record(_records(path, digest, summary, now))
    summary.unreadable = len(rejects) - sum(summary.rejected.values())
    summary.rejects = rejects.close()
    progress(1.0, "")
    return summary


def _load(load: Load, batch: Batch, source: tuple[TableMap, int, str], report: tuple[Summary, Rejects]) -> Flags:
    """Rows of one batch into one table; which of them its rules left out."""
    table, first, origin = source
    summary, rejects = report
    left_out = np.zeros(len(batch.frame), dtype=bool)
    for rule in table.skip:
        left_out |= skipped(batch, rule).to_numpy(dtype=bool)
    numbers = first + np.flatnonzero(~left_out)
    kept = Batch(batch.frame[~left_out].reset_index(drop=True), batch.mapping)
    result = evaluated(kept, table)
    for needed in TARGETS[table.table]:
        kept.refuse(result[needed].isna(), lambda _, needed=needed: f"{needed} is empty")  # type: ignore[misc]
    for i, reason in sorted(kept.bad.items()):
        rejects.add(int(numbers[i]) + rejects.first_line, reason, kept.frame.iloc[i].dropna().to_dict(), table.table)
    good = np.ones(len(kept.frame), dtype=bool)
    good[list(kept.bad)] = False
    _count(summary.rejected, table.table, len(kept.bad))
    if good.any():
        load.add({table.table: _rows(result[good], table, (numbers[good], origin))})
    return left_out


def _rows(result: pd.DataFrame, table: TableMap, source: tuple[Any, str]) -> pa.Table:
    """The evaluated columns as Arrow, with an id on every row."""
    columns = {name: pa.array(values, from_pandas=True) for name, values in result.items() if name != "id"}
    if table.table == "users":
        return pa.table(columns)
    mapped = result["id"] if "id" in result.columns else pd.Series([None] * len(result))
    numbered = _numbered(*source)
    if mapped.isna().all():
        return pa.table({"id": pa.ExtensionArray.from_storage(UUID, numbered), **columns})
    ids = [numbered[i].as_py() if pd.isna(value) else uuid_of(table.table, str(value)) for i, value in enumerate(mapped)]
    return pa.table({"id": pa.ExtensionArray.from_storage(UUID, pa.array(ids, pa.binary(16))), **columns})


def _numbered(numbers: Any, origin: str) -> pa.Array:
    """Ids made of where a row comes from: eight bytes of the file and load, eight of the row's number."""
    ids = np.zeros((len(numbers), 2), ">u8")
    ids[:, 0] = int.from_bytes(uuid_of(origin)[:8], "big")
    ids[:, 1] = numbers
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(numbers), [None, pa.py_buffer(ids)])


def _counted(counts: dict[str, int]) -> dict[str, int]:
    return {table: number for table, number in counts.items() if number}


def _count(counts: dict[str, int], table: str, number: int) -> None:
    if number:
        counts[table] = counts.get(table, 0) + number


def _safe(stem: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in stem)[:80] or "import"


def _records(path: Path, digest: str, summary: Summary, now: datetime) -> pa.Table:
    """Rows of `imports`, one per table."""
    tables = sorted({*summary.loaded, *summary.duplicates, *summary.rejected})
    counts = {"loaded": summary.loaded, "duplicates": summary.duplicates, "rejected": summary.rejected}
    size = len(tables)
    rows: dict[str, Any] = {"table_name": pa.array(tables, pa.string()), "rows": pa.array([summary.rows] * size, pa.int64())}
    rows |= {name: pa.array([values.get(table, 0) for table in tables], pa.int64()) for name, values in counts.items()}
    rows |= {"file_hash": pa.array([digest] * size, pa.string()), "file_name": pa.array([path.name] * size, pa.string())}
    return pa.table(rows | {"finished_at": pa.array([naive_utc(now)] * size, pa.timestamp("us"))})
