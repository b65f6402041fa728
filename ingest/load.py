"""One batch on its way into the warehouse, inside one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access import schema, versions
from data_access.warehouse import Transaction
from ingest import following, movements, rollups, sessions
from ingest.columns import constant, put
from ingest.dedupe import Seen, fresh
from ingest.facts import Facts, in_order, stamped
from ingest.following import sightings
from ingest.identity import alias_rows
from ingest.lists import moves
from ingest.merging import Merging, Moved, merge
from ingest.people import upsert
from ingest.restate import reprice
from ingest.touched import Changes

# Dimensions first: facts take keys, plans and rates from them.
DIMENSIONS = ("accounts", "aliases", "users", "fx_rates")
# What may come from outside; sessions are made here.
FACTS = frozenset(schema.FACTS) - {"sessions"}
SEQUENCE_BITS = 20  # events numbered within one version


class UnknownTable(ValueError):
    """A batch names a table that is not written from outside."""


@dataclass(frozen=True)
class Written:
    """What a write did: rows `inserted` (or changed) and `duplicates` left out, by table; `version` is 0 where
    nothing changed."""

    inserted: dict[str, int] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    version: int = 0


class Load:
    """Adds batches; `finish` brings sessions, movements, rollups and versions up to date with them.

    `deferred`: sessions and rollups are built once at the end instead of from what was touched. `seen`: ids that need not be
    looked for.
    """

    def __init__(self, tx: Transaction, tenant: Tenant, now: datetime, *, gap: timedelta, deferred: bool, seen: Seen | None = None) -> None:
        self._tx = tx
        self._tenant = tenant
        self._now = now
        self._gap = gap
        self._deferred = deferred
        self._facts = Facts(tx, tenant, now)
        self._seen = seen
        self._first_version = versions.newest(tx, tenant.key) + 1
        self._events = 0
        self._inserted: dict[str, int] = {}
        self._duplicates: dict[str, int] = {}
        self._changes = Changes(keep=not deferred)
        self._moved: list[Moved] = []
        self._sightings: list[pd.Series] = []
        self._written: Written | None = None

    def add(self, tables: Mapping[str, pa.Table]) -> None:
        """Rows of any tables, each with any subset of its columns, plus `user_id` and `account_id` (the source's own
        ids) in place of keys. Raises BadColumn or UnknownTable."""
        unknown = set(tables) - set(DIMENSIONS) - FACTS
        if unknown:
            raise UnknownTable(f"no table {', '.join(sorted(unknown))} to write to")
        for name in DIMENSIONS:
            if name in tables and tables[name].num_rows:
                pairs = name == "aliases" and "user_id" in tables[name].column_names
                self._link(tables[name]) if pairs else self._dimension(name, tables[name])
        arrived = {name: self._arrived(name, rows) for name, rows in tables.items() if name in FACTS and rows.num_rows}
        self._facts.meet({name: rows for name, rows in arrived.items() if rows.num_rows})
        for name, rows in arrived.items():
            if rows.num_rows:
                self._insert(name, rows)

    def _dimension(self, name: str, rows: pa.Table) -> None:
        for target, part in self._facts.dimension(name, rows):
            changed = upsert(self._tx, target, self._tenant.key, part)
            if target == name:
                self._inserted[name] = self._inserted.get(name, 0) + changed
            if changed:
                self._facts.made.add(target)

    def _link(self, rows: pa.Table) -> None:
        """Ids that turn out to be one user's; what was done under them moves before anything else of the batch is written."""
        links = self._facts.linked(rows)
        moved = merge(self._tx, Merging(self._tenant, self._gap, self._now, self._deferred), links.into)
        self._moved.append(moved)
        self._facts.made |= {"users", "aliases"} if moved.users or links.made or links.named or links.identified else set()
        if links.rows:
            self._dimension("aliases", alias_rows(links))

    def _arrived(self, name: str, rows: pa.Table) -> pa.Table:
        """The rows that are not there yet, with their keys."""
        table = schema.FACTS[name]
        stamped_rows = stamped(table, rows, self._tenant)
        new = fresh(self._tx, table, self._tenant.key, stamped_rows, seen=self._seen)
        self._duplicates[name] = self._duplicates.get(name, 0) + rows.num_rows - new.num_rows
        return self._facts.keyed(new) if new.num_rows else new

    def _insert(self, name: str, rows: pa.Table) -> None:
        rows = in_order(self._facts.filled(schema.FACTS[name], rows))
        if name == "events":
            if "seq" in rows.column_names:
                moves.arriving(self._tx, self._tenant.key, pc.min(rows["seq"]).as_py() or 0)
            rows = self._facts.numbered(rows, (self._first_version << SEQUENCE_BITS) + self._events)
            self._events += rows.num_rows
            if not self._deferred and "session_key" not in rows.column_names and "user_key" in rows.column_names:
                rows = self._in_sessions(rows)
        if name == "events" and not self._deferred:
            self._sightings.append(sightings(rows))
        self._tx.append(name, rows)
        self._inserted[name] = self._inserted.get(name, 0) + rows.num_rows
        self._changes.saw(name, rows)

    def _in_sessions(self, rows: pa.Table) -> pa.Table:
        rows, runs = self._facts.in_sessions(rows, self._gap)
        if runs is not None:
            sessions.join_moved(self._tx, self._tenant.key, runs.moved)
            self._changes.tables.setdefault("events", set()).update(runs.days)
            self._changes.restated |= bool(runs.moved)
        return rows

    def finish(self) -> Written:
        """Sessions, movements, rollups, versions, once; what was written."""
        if self._written is None:
            self._written = self._finished()
        return self._written

    def record(self, rows: pa.Table) -> None:
        """Note in `imports` what became of a file, the first time it added anything."""
        imports = schema.imports
        digests = rows["file_hash"].unique().to_pylist()
        mine = sa.and_(imports.c.tenant == self._tenant.key, imports.c.file_hash.in_(digests))
        if self._written and self._written.version == 0 and len(self._tx.read(sa.select(imports.c.file_hash).where(mine).limit(1))):
            return
        self._tx.execute(sa.delete(imports).where(mine))
        self._tx.append("imports", put(rows, "tenant", constant(self._tenant.key, pa.int32(), rows.num_rows)))

    def _finished(self) -> Written:
        changed = any(self._inserted.values()) or bool(self._facts.made)
        if changed:
            self._facts.settle()
            self._follow()
            for name in self._facts.made:
                self._changes.tables.setdefault(name, set()).add(None)
            self._derive()
            self._count_moved()
            if self._deferred:
                following.see_all(self._tx, self._tenant.key)
        version = self._first_version + (self._events >> SEQUENCE_BITS) if changed else 0
        versions.bump(self._tx, self._tenant.key, self._changes.tables if changed else {}, version, now=self._now)
        return Written(self._inserted, self._duplicates, version)

    def _derive(self) -> None:
        rated = "fx_rates" in self._facts.made
        if rated:
            self._take_rates()
        if self._deferred:
            rebuild(self._tx, self._tenant, self._gap, self._changes)
            return
        if rated:
            self._changes.derived("mrr_movements", movements.rebuild(self._tx, self._tenant))
        elif self._changes.customers:
            self._changes.derived("mrr_movements", movements.refresh(self._tx, self._tenant, self._changes.customers))
        touched = self._changes.touched()
        if touched.tables:
            added = self._changes.added()
            if added is None:
                rollups.refresh(self._tx, self._tenant, touched)
            else:
                rollups.add(self._tx, self._tenant, added)
            self._changes.rolled_up(self._tx, self._tenant)

    def _follow(self) -> None:
        """Users' rows follow what was written of them; a bulk load says itself which plans people are on."""
        if self._sightings:
            following.see(self._tx, self._tenant.key, self._sightings)
            self._changes.derived(following.SEEN, [None])
        customers = self._changes.customers
        if not self._deferred and customers and following.plans(self._tx, self._tenant.key, customers, self._now):
            self._facts.made |= {"users", "accounts"}

    def _count_moved(self) -> None:
        """Days on which somebody's past became another's are of a new version, like days written."""
        for moved in self._moved:
            for name, days in moved.days.items():
                self._changes.derived(name, days)
            if "events" in moved.days:
                self._changes.rolled_up(self._tx, self._tenant)

    def _take_rates(self) -> None:
        """Amounts that waited for a rate of exchange get their worth."""
        for name, days in reprice(self._tx, self._tenant, only_missing=True).items():
            self._changes.restate(name, days)
            if name == "events":
                moves.worth_changed(self._tx, self._tenant.key)


def rebuild(tx: Transaction, tenant: Tenant, gap: timedelta, changes: Changes) -> None:
    """Derive everything the product keeps by itself again, from the facts alone."""
    tx.whole_tables("events", "subscriptions", "users")
    sessions.fill(tx, tenant.key, gap)
    changes.derived("mrr_movements", movements.rebuild(tx, tenant))
    rollups.rebuild(tx, tenant)
    changes.everything(tx, tenant)
