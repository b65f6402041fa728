"""A case's events in a fresh warehouse, written by the product's own writer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Actor, Tenant
from analytics.query import Query
from analytics.result import Result
from analytics.run import cache, run
from data_access.connections import connected
from data_access.warehouse import Warehouse, open_warehouse
from ingest.writer import BatchWriter
from tests.contract.servers import database, migrated_template, postgresql_server

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Desk:
    """Where a case is asked: `ask` is `run` for an administrator of the case's tenant, after all its events."""

    tenant: Tenant
    now: datetime

    def ask(self, query: Query) -> Result:
        return run(query, Actor("oracle", "Oracle", self.tenant, frozenset({"admin"})), self.now)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def tenant_of(case: dict[str, Any]) -> Tenant:
    query = case["query"]
    start = query.get("week_start", "monday")
    return Tenant(
        1,
        "oracle",
        "Oracle",
        time_zone=query.get("timezone", "UTC"),
        week_start=WEEK_DAYS.index(start) if isinstance(start, str) else start,
    )


def now_after(case: dict[str, Any]) -> datetime:
    """An instant after everything the case tells of."""
    stamps = [instant(event[2]) for event in case["events"]]
    stamps += [instant(case["query"][name]) for name in ("date_from", "date_to", "now") if case["query"].get(name)]
    return max(stamps, default=datetime(2026, 1, 1, tzinfo=UTC)) + timedelta(days=2)


def people(case: dict[str, Any]) -> dict[str, pa.Table]:
    users = case.get("users") or {}
    rows = [
        {"external_id": name, "created_at": _naive(user.get("created_at")), "properties": json.dumps(user.get("props") or {})}
        for name, user in users.items()
    ]
    known = {(alias, name) for name, user in users.items() for alias in user.get("aliases", ())}
    known |= {(event[4], event[0]) for event in case["events"] if len(event) > 4 and event[4] != event[0]}
    aliases = [{"external_id": alias, "user_id": name} for alias, name in sorted(known)]
    schema = pa.schema([("external_id", pa.string()), ("created_at", pa.timestamp("us")), ("properties", pa.string())])
    tables = {"users": pa.Table.from_pylist(rows, schema)} if rows else {}
    return tables | ({"aliases": pa.Table.from_pylist(aliases)} if aliases else {})


def _naive(text: str | None) -> datetime | None:
    return None if text is None else instant(text).replace(tzinfo=None)


def happened(case: dict[str, Any]) -> pa.Table:
    """The case's events in their order, each under the raw id it came with."""
    return pa.table(
        {
            "id": pa.array([UUID(int=i + 1).bytes for i in range(len(case["events"]))], pa.binary(16)),
            "user_id": pa.array([event[4] if len(event) > 4 else event[0] for event in case["events"]], pa.string()),
            "name": pa.array([event[1] for event in case["events"]], pa.string()),
            "ts": pa.array([_naive(event[2]) for event in case["events"]], pa.timestamp("us")),
            "properties": pa.array([json.dumps(event[3] if len(event) > 3 else {}) for event in case["events"]], pa.string()),
        }
    )


@contextmanager
def desk(case: dict[str, Any], warehouse: Warehouse, key: int = 1) -> Iterator[Desk]:
    """The case loaded as the events of tenant `key` and ready to be asked; the tenant must be new to the warehouse."""
    tenant, now = replace(tenant_of(case), key=key), now_after(case)
    writer = BatchWriter(warehouse, tenant)
    for tables in (people(case), {"events": happened(case)} if case["events"] else {}):
        if tables:
            writer.write(tables, now)
    # Answers are kept under the warehouse's identity, which another one may take over.
    cache().clear()
    with connected(warehouse=warehouse):
        yield Desk(tenant, now)
    cache().clear()


Opener = Callable[[], AbstractContextManager[Warehouse]]


@contextmanager
def engine(name: str) -> Iterator[Opener]:
    """What opens empty warehouses of that engine, each with its tables: `duckdb`, or `postgres` on the tests' own server."""
    if name == "duckdb":
        yield lambda: _opened("duckdb:///:memory:")
        return
    with postgresql_server() as server, migrated_template(server) as template:
        yield lambda: _database(server, template)


@contextmanager
def _opened(url: str) -> Iterator[Warehouse]:
    warehouse = open_warehouse(url)
    try:
        warehouse.migrate()
        yield warehouse
    finally:
        warehouse.close()


@contextmanager
def _database(server: sa.URL, template: str) -> Iterator[Warehouse]:
    with database(server, template) as url, _opened(url.render_as_string(hide_password=False)) as warehouse:
        yield warehouse
