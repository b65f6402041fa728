"""Each (tenant, id) counts once: within a batch, across retries, across restarts.

PostgreSQL looks for existing ids in its unique index. The embedded engine looks on the batch's own days and one day to either side,
whatever their age, and on the last thirty days: a retry carries the same instant, or none and comes soon. To look there it need not
read them: `Seen` remembers in memory what was there, so that only an id that may be a duplicate is looked for in the table.
No index slows the load, and a batch costs the same however much history there is.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access.dialects.columns import UUID
from data_access.warehouse import Transaction, Warehouse
from ingest.columns import Flags
from ingest.ids import id_bytes

MARGIN = timedelta(days=1)
HORIZON = timedelta(days=30)
KEPT_FOR = timedelta(days=7)  # ids older than the horizon are forgotten this seldom
Hashes = npt.NDArray[np.uint64]


def fresh(tx: Transaction, table: sa.Table, tenant: int, rows: pa.Table, *, seen: Seen | None = None) -> pa.Table:
    """The rows (with `id` and `day`) that are not there yet; of rows with the same id the first. Without `seen` the table is asked."""
    first = _first_of_each(rows)
    if not first.all():
        rows = rows.filter(pa.array(first))
    known = _known(tx, table, tenant, rows, seen=seen)
    return rows.filter(pa.array(~known)) if known.any() else rows


def _first_of_each(rows: pa.Table) -> Flags:
    halves = id_bytes(rows["id"])
    # Different low halves mean different ids, and one sort of whole numbers is cheap.
    if len(np.unique(halves[:, 0])) == len(halves):
        return np.ones(len(halves), dtype=bool)
    return ~pd.DataFrame(halves).duplicated().to_numpy()


def _known(tx: Transaction, table: sa.Table, tenant: int, rows: pa.Table, *, seen: Seen | None) -> Flags:
    known = np.zeros(rows.num_rows, dtype=bool)
    asked = np.ones(rows.num_rows, dtype=bool) if seen is None else seen.may_hold(tx, table, rows)
    if not asked.any():
        return known
    days = [] if tx.engine == "postgresql" else [_around(table, rows["day"], seen)]
    near = [table.c.tenant == tenant, *days]
    if not len(tx.read(sa.select(sa.literal(1)).select_from(table).where(*near).limit(1))):
        return known
    position = np.flatnonzero(asked)
    staged = tx.stage("incoming_ids", pa.table({"id": rows["id"].take(pa.array(position)), "position": pa.array(position)}))
    found = tx.arrow(sa.select(staged.c.position).join_from(staged, table, table.c.id == staged.c.id).where(*near))
    known[found.column(0).to_numpy()] = True
    return known


def _around(table: sa.Table, days: pa.ChunkedArray, seen: Seen | None) -> sa.ColumnElement[bool]:
    bounds = pc.min_max(days).as_py()
    near = table.c.day.between(_moved(bounds["min"], -MARGIN), _moved(bounds["max"], MARGIN))
    return near if seen is None else sa.or_(near, table.c.day >= seen.since)


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day


@dataclass
class _Ids:
    """Hashes of the ids on the days from `since` on: sorted runs, short ones joined as they grow in number."""

    since: date
    runs: list[Hashes] = field(default_factory=list)

    def hold(self, hashes: Hashes) -> Flags:
        found = np.zeros(len(hashes), bool)
        for run in self.runs:
            place = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            found |= run[place] == hashes
        return found

    def add(self, hashes: Hashes) -> None:
        self.runs.append(np.sort(hashes))
        while len(self.runs) > 1 and len(self.runs[-2]) < 4 * len(self.runs[-1]):
            self.runs[-2:] = [np.sort(np.concatenate(self.runs[-2:]))]


_kept: WeakKeyDictionary[Warehouse, dict[tuple[int, str], _Ids]] = WeakKeyDictionary()
_lock = threading.Lock()


class Seen:
    """What a tenant's tables hold of the last thirty days, for one write; of an embedded warehouse only, which has one writer.

    TRICKY: it holds at least the ids that are there: a table's are read once, then every committed write adds its own.
    """

    def __init__(self, warehouse: Warehouse, tenant: int, now: datetime) -> None:
        self._tenant = tenant
        self.since = (now - HORIZON).date()
        with _lock:
            self._tables = _kept.setdefault(warehouse, {})
        self._new: dict[str, list[Hashes]] = {}

    def may_hold(self, tx: Transaction, table: sa.Table, rows: pa.Table) -> Flags:
        """Which rows must be looked for in the table; `rows` will be written."""
        ids = self._of(tx, table)
        hashes = hashed(rows["id"])
        old = rows["day"].cast(pa.date32()).cast(pa.int32()).to_numpy() <= (ids.since + MARGIN - date(1970, 1, 1)).days
        held = ids.hold(hashes) | old
        for added in self._new.get(table.name, []):
            held |= np.isin(hashes, added)
        self._new.setdefault(table.name, []).append(hashes)
        return held

    def _of(self, tx: Transaction, table: sa.Table) -> _Ids:
        found = self._tables.get((self._tenant, table.name))
        if found is None or not self.since - KEPT_FOR <= found.since <= self.since:
            found = _Ids(self.since)
            sixteen = sa.cast(table.c.id, sa.LargeBinary).label("id")
            stored = tx.arrow(sa.select(sixteen).where(table.c.tenant == self._tenant, table.c.day >= self.since))
            if stored.num_rows:
                found.add(hashed(_uuids(stored["id"])))
            self._tables[(self._tenant, table.name)] = found
        return found

    def remember(self, warehouse: Warehouse) -> None:
        """The write is committed."""
        for name, parts in self._new.items():
            if ids := self._tables.get((self._tenant, name)):
                ids.add(np.concatenate(parts))


def forget(warehouse: Warehouse) -> None:
    """Rows were added or removed otherwise than by `Seen`'s writes."""
    with _lock:
        _kept.pop(warehouse, None)


def _uuids(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.ExtensionArray.from_storage(UUID, chunk.cast(pa.binary(16))) for chunk in ids.chunks], UUID)


def hashed(ids: pa.ChunkedArray) -> Hashes:
    """64 bits of each id. Ids numbered in a row differ in a few bits only, so both halves count."""
    halves = id_bytes(ids)
    mixed: Hashes = halves[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ halves[:, 1]
    return mixed
