"""What a batch changed, for everything that is derived from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access import schema
from data_access.dialects.columns import arrow_type, conform
from data_access.warehouse import Transaction
from ingest.columns import put
from ingest.days import distinct_days
from ingest.rollups import Touched

# What is derived from the days of a fact table, on the same days.
SAME_DAYS = {
    "events": ("sessions", "rollup_event_day", "rollup_event_hour", "rollup_page_day", "rollup_session_day", "rollup_latency"),
    "api_requests": ("rollup_latency",),
    "ai_generations": ("rollup_latency",),
}
# A late event changes what comes after it too: the user's next active day counts from it.
DAYS_AFTER = ("rollup_user_day", "rollup_active")
DAYLESS = ("rollup_activity",)


@dataclass
class Changes:
    """`tables`: the days touched of each table, None for a table without days. `keep`: remember the rows themselves, for rollups to
    be added to."""

    keep: bool = False
    tables: dict[str, set[date | None]] = field(default_factory=dict)
    customers: set[str] = field(default_factory=set)
    users: set[int] = field(default_factory=set)
    anyone: bool = False  # rows of sessions without a known user were touched
    restated: bool = False  # rows that were there before have changed
    written: dict[str, list[pa.Table]] = field(default_factory=dict)

    def saw(self, name: str, rows: pa.Table) -> None:
        """Rows of a fact table were inserted."""
        days = distinct_days(rows["day"])
        self.tables.setdefault(name, set()).update(days)
        if self.keep and name in SAME_DAYS:
            self.written.setdefault(name, []).append(whole(name, rows))
        if name == "subscriptions":
            self.customers.update(pc.unique(rows["customer"]).drop_null().to_pylist())
        if name == "events":
            self._saw_events(rows, days)

    def _saw_events(self, rows: pa.Table, days: set[date]) -> None:
        if "user_key" in rows.column_names:
            self.users.update(pc.unique(rows["user_key"]).drop_null().to_pylist())
            nobody = pc.is_null(rows["user_key"])
        else:
            nobody = pa.chunked_array([pa.repeat(True, rows.num_rows)])
        if "session_key" in rows.column_names and pc.any(pc.and_(nobody, pc.is_valid(rows["session_key"]))).as_py():
            self.anyone = True
            # A session the source numbered may have begun the day before.
            self.derived("sessions", {day - timedelta(days=1) for day in days})

    def derived(self, name: str, days: Iterable[date | None]) -> None:
        """Rows of a table that follows from the facts were written anew."""
        self.tables.setdefault(name, set()).update(days)

    def restate(self, name: str, days: Iterable[date | None]) -> None:
        """Facts that were there before have changed on these days."""
        self.derived(name, days)
        self.restated = True

    def added(self) -> dict[str, pa.Table] | None:
        """The rows written, by table and with every column, where they say all that has changed; else None."""
        if self.restated or not self.keep:
            return None
        found = {name: pa.concat_tables(parts) for name, parts in self.written.items()}
        return None if "events" in found and not _plain(found["events"]) else found

    def touched(self) -> Touched:
        """The facts only, as `ingest.rollups` asks."""
        facts = {name: {day for day in days if day} for name, days in self.tables.items() if name in schema.FACTS and name != "sessions"}
        return Touched(facts, None if self.anyone else self.users, self.customers)

    def rolled_up(self, tx: Transaction, tenant: Tenant) -> None:
        """The rollups that follow from the facts were brought up to date."""
        for name, targets in SAME_DAYS.items():
            for target in targets:
                self.derived(target, self.tables.get(name, set()))
        days = {day for day in self.tables.get("events", set()) if day}
        if not days:
            return
        versions = schema.data_versions.c
        later = sa.select(versions.day).where(versions.tenant == tenant.key, versions.table_name == "events", versions.day > min(days))
        after = days | set(tx.read(later)["day"].dt.date)
        for name in DAYS_AFTER:
            self.derived(name, after)
        for name in DAYLESS:
            self.tables[name] = {None}

    def everything(self, tx: Transaction, tenant: Tenant) -> None:
        """Every day of every table was derived again."""
        for name, table in {**schema.FACTS, **schema.ROLLUPS}.items():
            if "day" not in table.c:
                self.tables[name] = {None}
                continue
            days = tx.read(sa.select(table.c.day).where(table.c.tenant == tenant.key).distinct())
            if len(days):
                self.derived(name, days["day"].dt.date)


def _plain(rows: pa.Table) -> bool:
    """Events in order of arrival, at times whose zone rules are known without the engine."""
    bounds = pc.min_max(rows["ts"]).as_py()
    return not rows["seq"].null_count and bounds["min"].year > 1970 and bounds["max"].year < 2190


def whole(name: str, rows: pa.Table) -> pa.Table:
    """Rows in the types of their table, absent columns empty."""
    table = schema.FACTS[name]
    rows = conform(table, rows)
    for column in table.c:
        if column.name not in rows.column_names:
            rows = put(rows, column.name, pa.nulls(rows.num_rows, arrow_type(column)))
    return rows
