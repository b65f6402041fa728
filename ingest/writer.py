"""The one batch writer: everything that enters a warehouse enters here.

A batch, the sessions and rollups that follow from it and its data version are one transaction: readers see
all of it or nothing, and the same batch written twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import pyarrow as pa

from accounts.actor import Tenant
from data_access import versions
from data_access.clock import naive_utc
from data_access.warehouse import Warehouse
from ingest.dedupe import Seen, forget
from ingest.lists import moves
from ingest.lists.keeping import keep_up, renew
from ingest.load import Load, UnknownTable, Written, rebuild
from ingest.restate import redate, reprice
from ingest.sessions import DEFAULT_GAP, SHORTEST_GAP
from ingest.touched import Changes

__all__ = ["BatchWriter", "Load", "UnknownTable", "Written"]


class BatchWriter:
    """Writes one tenant's rows. `session_gap`: a longer pause starts a new session; at least a minute."""

    def __init__(self, warehouse: Warehouse, tenant: Tenant, session_gap: timedelta = DEFAULT_GAP) -> None:
        if session_gap < SHORTEST_GAP:
            raise ValueError("a session gap is at least a minute")
        self._warehouse = warehouse
        self._tenant = tenant
        self._gap = session_gap

    def write(self, tables: Mapping[str, pa.Table], now: datetime) -> Written:
        """Write a batch; `now` is aware. See `Load.add` for what the tables may hold.

        Raises BadColumn or UnknownTable (nothing is written then) and WarehouseUnavailable (try the batch again).
        """
        with self._load(now, deferred=False) as load:
            load.add(tables)
            written = load.finish()
        keep_up(self._warehouse, self._tenant, written.inserted.get("events", 0))
        return written

    @contextmanager
    def bulk(self, now: datetime) -> Iterator[Load]:
        """Many batches as one: `load.add(...)` as often as needed; rollups are rebuilt once, when the block ends.

        `load.finish()` gives what was written; it is called for you where you do not.
        """
        with self._load(now, deferred=True) as load:
            yield load
            load.finish()
        keep_up(self._warehouse, self._tenant, load.finish().inserted.get("events", 0))

    def rebuild(self, now: datetime) -> int:
        """Derive days, amounts in the reporting currency, sessions, movements and rollups again from the facts, by the
        tenant's present time zone, currency and rates; the data version it became."""
        with self._warehouse.transaction() as tx:
            changes = Changes()
            changes.everything(tx, self._tenant)  # also the days that rows leave
            redate(tx, self._tenant)
            reprice(tx, self._tenant, only_missing=False)
            rebuild(tx, self._tenant, self._gap, changes)
            moves.forget(tx, self._tenant.key)
            version = versions.newest(tx, self._tenant.key) + 1
            versions.bump(tx, self._tenant.key, changes.tables, version, now=naive_utc(now))
        renew(self._warehouse, self._tenant)
        return version

    @contextmanager
    def _load(self, now: datetime, *, deferred: bool) -> Iterator[Load]:
        with self._warehouse.transaction() as tx:
            seen = None if deferred or self._warehouse.shared else Seen(self._warehouse, self._tenant.key, naive_utc(now))
            yield Load(tx, self._tenant, naive_utc(now), gap=self._gap, deferred=deferred, seen=seen)
            if not self._warehouse.shared:
                tx.on_commit(seen.remember if seen else forget)
