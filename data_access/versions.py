"""Data versions: what a write moved, so that an answer can be cached for as long as nothing under it changed.

Every write takes the tenant's next number and puts it on each (table, day) it touched. A table whose rows
have no day (`users`, `accounts`) is touched as a whole: its `day` is NULL and counts for every period.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from data_access.schema import data_versions
from data_access.warehouse import Transaction, Warehouse

Days = Mapping[str, Iterable[date | None]]
WHOLE_TABLE = np.iinfo(np.int64).min  # where a NULL day sorts: before every day


@dataclass(frozen=True)
class Version:
    """The state of some tables over some days. Equal versions mean equal data; `written_at` is naive UTC."""

    version: int = 0
    rows: int = 0
    written_at: datetime | None = None


@dataclass(frozen=True)
class _Column:
    """The versions of one tenant's table: parallel arrays sorted by day."""

    days: npt.NDArray[np.int64]
    versions: npt.NDArray[np.int64]
    written: npt.NDArray[np.int64]  # microseconds since 1970


_mirrors: WeakKeyDictionary[Warehouse, dict[tuple[int, str], _Column]] = WeakKeyDictionary()
_loading = threading.Lock()


def latest(warehouse: Warehouse, tenant: int, tables: Iterable[str], first: date, last: date | None = None) -> Version:
    """The newest version of `tables` on the days [first, last), in microseconds on the embedded engine.

    Without `last`, of the day `first` alone.
    """
    last = last or first + timedelta(days=1)
    if warehouse.shared:
        return _queried(warehouse, tenant, tables, (first, last))
    mirror = _mirror(warehouse)
    low, high = _number(first), _number(last)
    found = [_between(column, low, high) for table in tables if (column := mirror.get((tenant, table))) is not None]
    found = [part for part in found if part[1]]
    if not found:
        return Version()
    written = max(part[2] for part in found)
    return Version(max(part[0] for part in found), sum(part[1] for part in found), _instant(written))


def newest(tx: Transaction, tenant: int) -> int:
    """The tenant's last version number, 0 before the first write."""
    return int(
        tx.read(sa.select(sa.func.coalesce(sa.func.max(data_versions.c.version), 0)).where(data_versions.c.tenant == tenant)).iat[0, 0]
    )


def bump(tx: Transaction, tenant: int, touched: Days, version: int, *, now: datetime) -> None:
    """Put `version` (above `newest`) on every table and day of `touched`; `now` is naive UTC."""
    pairs = [(table, day) for table, days in touched.items() for day in set(days)]
    if not pairs:
        return
    names, days = pa.array([p[0] for p in pairs], pa.string()), pa.array([p[1] for p in pairs], pa.date32())
    staged = tx.stage("touched_versions", pa.table({"table_name": names, "day": days}))
    mine = data_versions.c
    same = sa.exists().where(staged.c.table_name == mine.table_name, staged.c.day.is_not_distinct_from(mine.day))
    tx.execute(sa.delete(data_versions).where(mine.tenant == tenant, same))
    count = len(pairs)
    rows = {"tenant": pa.array([tenant] * count, pa.int32()), "table_name": names, "day": days}
    rows |= {"version": pa.array([version] * count, pa.int64()), "written_at": pa.array([now] * count, pa.timestamp("us"))}
    tx.append("data_versions", pa.table(rows))
    tx.on_commit(lambda warehouse: _absorb(warehouse, tenant, pairs, (version, now)))


def _queried(warehouse: Warehouse, tenant: int, tables: Iterable[str], days: tuple[date, date]) -> Version:
    mine = data_versions.c
    among = sa.or_(mine.day.is_(None), sa.and_(mine.day >= days[0], mine.day < days[1]))
    statement = sa.select(sa.func.max(mine.version), sa.func.count(), sa.func.max(mine.written_at)).where(
        mine.tenant == tenant, mine.table_name.in_(list(tables)), among
    )
    version, rows, written = warehouse.read(statement).iloc[0]
    return Version(int(version), int(rows), written.to_pydatetime()) if rows else Version()


def _mirror(warehouse: Warehouse) -> dict[tuple[int, str], _Column]:
    """The warehouse's versions in memory, read once; commits of this process keep it current."""
    found = _mirrors.get(warehouse)
    if found is not None:
        return found
    # TRICKY: a commit between the read and the assignment would be lost, so both hold the lock that `_absorb` takes.
    with _loading:
        if warehouse not in _mirrors:
            _mirrors[warehouse] = _read(warehouse)
        return _mirrors[warehouse]


def _read(warehouse: Warehouse) -> dict[tuple[int, str], _Column]:
    frame = warehouse.read(sa.select(data_versions))
    frame["number"] = frame["day"].map(_number_or_whole, na_action=None)
    return {
        (int(tenant), str(table)): _sorted(
            part["number"].to_numpy(np.int64), part["version"].to_numpy(np.int64), part["written_at"].to_numpy().astype(np.int64)
        )
        for (tenant, table), part in frame.groupby(["tenant", "table_name"])
    }


def _absorb(warehouse: Warehouse, tenant: int, pairs: list[tuple[str, date | None]], stamp: tuple[int, datetime]) -> None:
    """Take a committed write into the mirror; readers see the old arrays or the new, never a mixture."""
    with _loading:
        mirror = _mirrors.get(warehouse)
        if mirror is None:
            return
        version, now = stamp
        written = int(np.datetime64(now, "us").astype(np.int64))
        for table in {pair[0] for pair in pairs}:
            days = np.array([_number_or_whole(day) for name, day in pairs if name == table], np.int64)
            old = mirror.get((tenant, table), _Column(*(np.array([], np.int64) for _ in range(3))))
            kept = ~np.isin(old.days, days)
            mirror[(tenant, table)] = _sorted(
                np.append(old.days[kept], days),
                np.append(old.versions[kept], np.full(len(days), version)),
                np.append(old.written[kept], np.full(len(days), written)),
            )


def _sorted(days: npt.NDArray[np.int64], versions: npt.NDArray[np.int64], written: npt.NDArray[np.int64]) -> _Column:
    order = np.argsort(days, kind="stable")
    return _Column(days[order], versions[order], written[order])


def _between(column: _Column, low: int, high: int) -> tuple[int, int, int]:
    """(newest version, rows, newest instant) of the days [low, high) and of the table as a whole."""
    start, end = np.searchsorted(column.days, (low, high))
    parts = [slice(start, end)]
    if start and column.days[0] == WHOLE_TABLE:
        parts.append(slice(0, 1))
    parts = [part for part in parts if part.stop > part.start]
    if not parts:
        return 0, 0, 0
    newest = max(int(column.versions[part].max()) for part in parts)
    return newest, sum(int(part.stop - part.start) for part in parts), max(int(column.written[part].max()) for part in parts)


def _number(day: date) -> int:
    return day.toordinal()


def _number_or_whole(day: Any) -> int:
    """A date, timestamp or missing value as a sortable whole number."""
    return int(WHOLE_TABLE) if day is None or day != day else _number(day)


def _instant(microseconds: int) -> datetime:
    moment: datetime = np.datetime64(microseconds, "us").item()
    return moment
