"""A company with a few subscriptions and payments drawn by hand, in a real embedded warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pandas as pd
import pyarrow as pa

from accounts.actor import Actor, Tenant
from analytics.kinds.aggregate import Aggregate
from analytics.result import Result
from analytics.run import cache, run
from data_access import schema, versions
from data_access.clock import naive_utc
from data_access.connections import connected
from data_access.warehouse import Warehouse, open_warehouse
from ingest import movements

ACME = Tenant(1, "acme", "Acme", currency="EUR", churn_at="cancellation")
ALICE = Actor("a", "Alice", ACME, frozenset({"admin"}))
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
STATUS = {"cancel": "cancelled", "expire": "cancelled", "pause": "paused", "past_due": "past_due", "trial": "trialing"}


def subscription(ts: str, customer: str, change: str, mrr: int, **more: Any) -> dict[str, Any]:
    """A row of `subscriptions`; the subscription is named after its customer unless said otherwise."""
    row = {"ts": ts, "customer": customer, "change": change, "status": STATUS.get(change, "active"), "mrr_minor": mrr, "amount_minor": mrr}
    return {
        "subscription_id": f"s-{customer}",
        "plan": "pro",
        "country": "FR",
        "channel": "ads",
        "kind": "business",
        "currency": "EUR",
        **row,
        **more,
    }


def payment(ts: str, kind: str, amount: int, **more: Any) -> dict[str, Any]:
    row = {"ts": ts, "type": kind, "amount_minor": amount, "amount_base_minor": amount, "currency": "EUR", "plan": "pro", "country": "FR"}
    return {"payment_id": f"p-{ts}", "provider": "stripe", "channel": "ads", "kind": "business", **row, **more}


def facts(rows: list[dict[str, Any]], tenant: Tenant) -> pa.Table:
    frame = pd.DataFrame([{"tenant": tenant.key, "id": UUID(int=tenant.key * 10_000 + i).bytes, **row} for i, row in enumerate(rows)])
    for name in ("ts", "ends_at"):
        if name in frame:
            frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
    local = frame["ts"].dt.tz_localize("UTC").dt.tz_convert(tenant.time_zone)
    frame["day"] = local.dt.date
    return pa.Table.from_pandas(frame, preserve_index=False)


def write(house: Warehouse, rows: dict[str, list[dict[str, Any]]], tenant: Tenant = ACME) -> None:
    """Rows as they are; movements derived; every table marked as written."""
    with house.transaction() as tx:
        for name, content in rows.items():
            tx.append(name, facts(content, tenant) if "ts" in schema.metadata.tables[name].c else pa.Table.from_pylist(content))
        movements.rebuild(tx, tenant)
        touched = {name: [None] for name in (*rows, "mrr_movements")}
        versions.bump(tx, tenant.key, touched, versions.newest(tx, tenant.key) + 1, now=naive_utc(NOW))


@contextmanager
def company(url: str = "duckdb:///:memory:", tenant: Tenant = ACME, **rows: list[dict[str, Any]]) -> Iterator[Warehouse]:
    """`with company(subscriptions=[…]):` the warehouse with these rows is the one that `run` reads."""
    house = open_warehouse(url)
    try:
        house.migrate()
        write(house, rows, tenant)
        cache().clear()
        with connected(warehouse=house):
            yield house
    finally:
        house.close()


def ask(*metrics: str, actor: Actor = ALICE, now: datetime = NOW, **more: Any) -> Result:
    return run(Aggregate(metrics=metrics, **{"period": "2026-03-01~2026-03-31", **more}), actor, now)


def value(metric: str, **more: Any) -> float | None:
    return ask(metric, **more).value(metric)


def by(metric: str, dimension: str, **more: Any) -> dict[str, float]:
    frame = ask(metric, by=(dimension,), **more).frame
    return {row[dimension]: row[metric] for _, row in frame.iterrows() if row[metric]}
