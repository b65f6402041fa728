"""Posting lists beside a warehouse, kept up with its events.

A file is written whole and durable before the transaction that lists it commits; a crash in between leaves a file
that nobody lists. What is newer than the lists is read from the events themselves, so being behind is never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from accounts.actor import Tenant
from analytics.lists.coverage import MARK, NOBODY, place
from analytics.lists.file import ListFile
from data_access import versions
from data_access.schema import event_list_moves, event_lists, event_pages, event_visits, events
from data_access.warehouse import Transaction, Warehouse
from ingest.lists import codes
from ingest.lists.merge import JOIN, merged, run_to_join
from ingest.lists.rows import Entries, in_lists, packed

STEP = {"duckdb": 8_000_000, "postgresql": 250_000}  # events in memory at once
SOURCES = {"user_key": "user", "ts": "time", "seq": "seq", "page": "page", "visit": "visit", "value": "value"}
Window = list[sa.ColumnElement[bool]]


def rebuild(warehouse: Warehouse, tenant: Tenant) -> int:
    """Write all lists of the tenant again from its events; how many events they hold."""
    here, written = _here(warehouse), 0
    with warehouse.transaction() as tx:
        tx.execute(sa.delete(event_lists).where(event_lists.c.tenant == tenant.key, event_lists.c.place == here))
        desk = _Desk(tx, warehouse.beside, here, tenant)
        codes.learn(tx, tenant.key)
        for window in windows(tx, tenant, STEP[tx.engine]):
            written += desk.add(window, NOBODY)
        _settle(tx, tenant)
        _sweep_after(tx, tenant, (warehouse.beside, here))
    return written


def extend(warehouse: Warehouse, tenant: Tenant) -> int:
    """Bring the tenant's lists up to date: one more file of what arrived and of those who changed; small files are joined.

    How many events were added; `rebuild` where there are no lists yet.
    """
    here = _here(warehouse)
    with warehouse.transaction() as tx:
        old = _listed(tx, tenant, here)
        if len(old) and _present(warehouse.beside, old) and (old["zone"] == tenant.time_zone).all():
            return _extended(warehouse, _Desk(tx, warehouse.beside, here, tenant), old)
    return rebuild(warehouse, tenant)


def _extended(warehouse: Warehouse, desk: _Desk, old: pd.DataFrame) -> int:
    tx, tenant, upto = desk.tx, desk.tenant, int(old["upto_seq"].max())
    moved = _moved(tx, tenant.key, int(old["version"].iloc[-1]))
    mine: Window = [events.c.seq > upto]
    if len(moved):
        staged = tx.stage("moved_users", pa.table({"user_key": moved}))
        mine = [sa.or_(*mine, events.c.user_key.in_(sa.select(staged.c.user_key)))]
    codes.learn(tx, tenant.key, *mine)
    added = desk.add(mine, moved, upto)
    desk.join()
    _settle(tx, tenant)
    _sweep_after(tx, tenant, (warehouse.beside, desk.here))
    return added


class _Desk:
    """Writes files of one tenant's lists and notes them."""

    def __init__(self, tx: Transaction, folder: Path, here: str, tenant: Tenant) -> None:
        self.tx, self.folder, self.here, self.tenant = tx, folder, here, tenant

    def add(self, window: Window, void: Any, after: int = 0) -> int:
        """A file of the events in the window, numbered above `after` but for those of users in `void`."""
        found, upto = entries(self.tx, self.tenant.key, window)
        if not len(found) and not len(void):
            return 0
        self.note(in_lists(found), void, span=(after, upto), version=versions.newest(self.tx, self.tenant.key))
        return len(found)

    def note(self, found: Entries, void: Any, *, span: tuple[int, int], version: int, born: int | None = None) -> None:
        """A file of these entries; `span`: numbers (after, upto] of events, but for those of users in `void`."""
        name, (after, upto) = f"{self.tenant.key}-{uuid4().hex}.lists", span
        low, high = packed(self.folder / name, found, void, after=after)
        if born is None:
            born = int(self.tx.read(sa.select(sa.func.coalesce(sa.func.max(event_lists.c.born), 0))).iat[0, 0]) + 1
        row = {"tenant": self.tenant.key, "place": self.here, "file": name, "zone": self.tenant.time_zone, "born": born}
        row |= {"upto_seq": upto, "events": len(found), "version": version, "low": low, "high": high}
        kinds = {"tenant": pa.int32(), "place": pa.string(), "file": pa.string(), "zone": pa.string()}
        self.tx.append("event_lists", pa.table({key: pa.array([value], kinds.get(key, pa.int64())) for key, value in row.items()}))

    def join(self) -> None:
        """Make one file of the last small ones where there are enough of them."""
        for limit in JOIN:
            rows = _listed(self.tx, self.tenant, self.here)
            if not len(run := run_to_join(rows, limit)):
                continue
            files = [ListFile(self.folder / name) for name in run["file"]]
            void = reduce(np.union1d, (file["void"] for file in files))
            gone = event_lists.c.place == self.here, event_lists.c.file.in_(run["file"].tolist())
            self.tx.execute(sa.delete(event_lists).where(*gone))
            # The oldest version is the safe one: amounts may have changed since.
            version, born = int(run["version"].max()), int(run["born"].max())
            if _worth_moved(self.tx, self.tenant.key):
                version = int(run["version"].min())
            span = (min(file.after for file in files), int(run["upto_seq"].max()))
            self.note(in_lists(merged(files)), void, span=span, version=version, born=born)


def entries(tx: Transaction, tenant: int, window: Window) -> tuple[Entries, int]:
    """The events with a user in a window, and the greatest `seq` of all events in it."""
    coded: sa.FromClause = events
    for table in codes.TABLES:
        coded = codes.join(tx, coded, table, tenant)
    e = events.c
    numbers = (event_pages.c.code.label("page"), event_visits.c.code.label("visit"))
    columns = (e.seq, e.user_key, e.ts, *numbers, e.value_base_minor.label("value"))
    named = [e.name.label("name")] if _crowded(tx, tenant) else []
    found = tx.arrow(sa.select(*columns, *named).select_from(coded).where(e.tenant == tenant, e.seq.is_not(None), *window))
    upto = pc.max(found["seq"]).as_py() or 0
    found = found.filter(pc.is_valid(found["user_key"]))
    names, name = _named(tx, tenant, found)
    taken = {to: _whole(found[of]) for of, to in SOURCES.items()}
    return Entries(names, name, **taken, valued=_there(found["value"])), upto


def _crowded(tx: Transaction, tenant: int) -> bool:
    """Whether some events' page has no code, so that their name must be read."""
    pages = sa.select(sa.func.count()).select_from(event_pages).where(event_pages.c.tenant == tenant)
    return int(tx.read(pages).iat[0, 0]) > codes.MOST // 2


def _named(tx: Transaction, tenant: int, found: pa.Table) -> tuple[list[str], Any]:
    """The names, and which of them each event has; "" for none."""
    if "name" in found.column_names:
        coded = pc.dictionary_encode(found["name"].cast(pa.string()).fill_null("").combine_chunks())
        return coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64)
    pages = tx.read(sa.select(event_pages.c.code, event_pages.c.name).where(event_pages.c.tenant == tenant))
    number, names = pd.factorize(pages["name"].fillna(""), sort=True)
    place_of = np.zeros(int(pages["code"].max()) + 1 if len(pages) else 1, np.int64)
    place_of[pages["code"].to_numpy(np.int64)] = number
    return [str(name) for name in names], place_of[_whole(found["page"])]


def _whole(column: pa.ChunkedArray) -> Any:
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us"), safe=False)
    return column.cast(pa.int64()).fill_null(0).combine_chunks().to_numpy(zero_copy_only=False)


def _there(column: pa.ChunkedArray) -> Any:
    return column.is_valid().combine_chunks().to_numpy(zero_copy_only=False)


def windows(tx: Transaction, tenant: Tenant, most: int) -> Iterator[Window]:
    """The tenant's days in runs of about so many events."""
    of_tenant = sa.select(events.c.day, sa.func.count().label("n")).where(events.c.tenant == tenant.key)
    days = tx.read(of_tenant.group_by(events.c.day).order_by(events.c.day))
    group = (days["n"].cumsum() - days["n"]) // most
    for _, run in days.groupby(group):
        first, last = run["day"].iloc[0].date(), run["day"].iloc[-1].date()
        yield [events.c.day >= _day(first), events.c.day <= _day(last)]


def _day(day: date) -> sa.ColumnElement[Any]:
    return sa.literal(day, sa.Date)


def _moved(tx: Transaction, tenant: int, version: int) -> Any:
    moves = event_list_moves.c
    found = tx.read(sa.select(moves.user_key).where(moves.tenant == tenant, moves.version > version, moves.user_key.is_not(None)))
    return np.unique(found["user_key"].to_numpy(np.int64, na_value=0)) if len(found) else NOBODY


def _worth_moved(tx: Transaction, tenant: int) -> bool:
    moves = event_list_moves.c
    return len(tx.read(sa.select(moves.version).where(moves.tenant == tenant, moves.user_key.is_(None)).limit(1))) > 0


def _settle(tx: Transaction, tenant: Tenant) -> None:
    """Forget changes that the lists of every place have taken in."""
    lists, moves = event_lists.c, event_list_moves.c
    newest = sa.select(lists.place, sa.func.max(lists.version).label("newest"), sa.func.min(lists.version).label("oldest"))
    every = newest.where(lists.tenant == tenant.key).group_by(lists.place).subquery()
    for bound, kind in ((every.c.newest, moves.user_key.is_not(None)), (every.c.oldest, moves.user_key.is_(None))):
        taken = moves.version <= sa.select(sa.func.min(bound)).scalar_subquery()
        tx.execute(sa.delete(event_list_moves).where(moves.tenant == tenant.key, kind, taken))


def _listed(tx: Transaction, tenant: Tenant, here: str) -> pd.DataFrame:
    lists = event_lists.c
    return tx.read(sa.select(event_lists).where(lists.tenant == tenant.key, lists.place == here).order_by(lists.born))


def _present(folder: Path, rows: pd.DataFrame) -> bool:
    """Whether all files are there and whole."""
    try:
        for name in rows["file"]:
            ListFile(folder / name)
    except ValueError:
        return False
    return True


def _here(warehouse: Warehouse) -> str:
    folder = warehouse.beside
    found = place(folder)
    if found is None:
        folder.mkdir(parents=True, exist_ok=True)
        found = uuid4().hex
        (folder / MARK).write_text(found)
    return found


def _sweep_after(tx: Transaction, tenant: Tenant, where: tuple[Path, str]) -> None:
    """Once this is written, remove the tenant's files that are not listed: replaced ones, and what a crash left.

    Files are only written by whoever holds the one writer's turn, so none is in the making.
    """
    folder, here = where
    listed = set(_listed(tx, tenant, here)["file"])

    def sweep(_: Warehouse) -> None:
        for file in folder.glob(f"{tenant.key}-*"):
            if file.name not in listed:
                file.unlink(missing_ok=True)

    tx.on_commit(sweep)
