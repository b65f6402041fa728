"""Random logs as tenants of one warehouse per engine, for tests that ask through `run`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pyarrow as pa

from accounts.actor import Actor, Tenant
from analytics.query import Query
from analytics.result import Result
from analytics.run import cache, run
from data_access.connections import connected
from data_access.warehouse import Warehouse
from ingest.writer import BatchWriter

NOW = datetime(2026, 12, 1, tzinfo=UTC)
_keys = count(1)


@dataclass(frozen=True)
class Row:
    """An event: `ts` is naive UTC."""

    user: str
    ts: datetime
    name: str
    properties: tuple[tuple[str, Any], ...] = ()
    path: str | None = None
    account: str | None = None
    value: int | None = None


@dataclass(frozen=True)
class Company:
    """A tenant of the warehouse with these events and nothing else."""

    warehouse: Warehouse
    tenant: Tenant

    def ask(self, query: Query, roles: frozenset[str] = frozenset({"admin"}), now: datetime = NOW) -> Result:
        cache().clear()
        with connected(warehouse=self.warehouse):
            return run(query, Actor("a", "Alice", self.tenant, roles), now)


def company(warehouse: Warehouse, rows: Sequence[Row], **more: Any) -> Company:
    tenant = replace(Tenant(next(_keys), "t", "T"), **more)
    writer = BatchWriter(warehouse, tenant)
    if rows:
        writer.write({"events": _table(rows)}, NOW)
    return Company(warehouse, tenant)


def _table(rows: Sequence[Row]) -> pa.Table:
    columns = {
        "id": pa.array([uuid4().bytes for _ in rows], pa.binary(16)),
        "user_id": pa.array([row.user for row in rows], pa.string()),
        "name": pa.array([row.name for row in rows], pa.string()),
        "ts": pa.array([row.ts for row in rows], pa.timestamp("us")),
        "path": pa.array([row.path for row in rows], pa.string()),
        "properties": pa.array([json.dumps(dict(row.properties)) for row in rows], pa.string()),
    }
    if any(row.account for row in rows):
        columns["account_id"] = pa.array([row.account for row in rows], pa.string())
    if any(row.value is not None for row in rows):
        columns["value_minor"] = pa.array([row.value for row in rows], pa.int64())
        columns["currency"] = pa.array([None if row.value is None else "EUR" for row in rows], pa.string())
    return pa.table(columns)


def after(start: datetime, seconds: float) -> datetime:
    return start + timedelta(seconds=seconds)
