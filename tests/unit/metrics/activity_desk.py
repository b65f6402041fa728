"""A company with a few events drawn by hand, written by the product's own writer into a real embedded warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa

from accounts.actor import Actor, Tenant
from analytics.kinds.aggregate import Aggregate
from analytics.result import Result
from analytics.run import cache, run
from data_access.connections import connected
from data_access.warehouse import Warehouse, open_warehouse
from ingest.writer import BatchWriter

ACME = Tenant(1, "acme", "Acme")
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
Rows = list[dict[str, Any]]


def actor(tenant: Tenant = ACME) -> Actor:
    return Actor("a", "Alice", tenant, frozenset({"admin"}))


def on(day: str, *users: str, name: str = "use", **more: Any) -> Rows:
    """One event of each user, on a day of 2026 written `03-15`, or at an instant written `03-15T23:30`."""
    ts = datetime.fromisoformat(f"2026-{day}" if "T" in day else f"2026-{day}T12:00")
    return [{"ts": ts, "user_id": user, "name": name} | more for user in users]


def write(house: Warehouse, tenant: Tenant = ACME, first: int = 1, **tables: Rows) -> None:
    """Rows of each table through the batch writer; `first` numbers their ids."""
    numbered = {
        name: pa.Table.from_pylist([{"id": str(UUID(int=first + i))} | row for i, row in enumerate(_even(rows))])
        for name, rows in tables.items()
        if rows
    }
    BatchWriter(house, tenant).write(numbered, NOW)


def _even(rows: Rows) -> Rows:
    """The same keys in each row, as Arrow takes the columns from the first."""
    names = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in names} for row in rows]


@contextmanager
def company(tenant: Tenant = ACME, **tables: Rows) -> Iterator[Warehouse]:
    """`with company(events=[…]):` the warehouse with these rows is the one that `run` reads."""
    house = open_warehouse("duckdb:///:memory:", threads=1)
    try:
        house.migrate()
        write(house, tenant, **tables)
        cache().clear()
        with connected(warehouse=house):
            yield house
    finally:
        house.close()


def ask(*metrics: str, tenant: Tenant = ACME, now: datetime = NOW, **more: Any) -> Result:
    return run(Aggregate(metrics=metrics, **{"period": "2026-03-01~2026-03-31", **more}), actor(tenant), now)


def value(metric: str, **more: Any) -> float | None:
    return ask(metric, **more).value(metric)


def series(metric: str, **more: Any) -> dict[str, float]:
    """Values by the first day of the bucket, as `03-15`."""
    frame = ask(metric, **more).frame
    return {f"{row['bucket']:%m-%d}": row[metric] for _, row in frame.iterrows()}


def by(metric: str, dimension: str, **more: Any) -> dict[str, float]:
    frame = ask(metric, by=(dimension,), **more).frame
    return {row[dimension]: row[metric] for _, row in frame.iterrows()}
