"""Visits, conversions and costs of small companies, for tests of attribution on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pyarrow as pa

from data_access.warehouse import Warehouse
from ingest.writer import BatchWriter
from tests.contract.shapes_desk import NOW, Company, company

START = datetime(2026, 3, 1, 8)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Visit:
    """A visit of one event. `channel` is what the event stores, which is the person's where nothing says how the visit came."""

    user: str
    ts: datetime
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Sale:
    user: str | None
    ts: datetime
    value: int | None
    stated: str | None = None
    type: str = "purchase"
    currency: str = "EUR"


def visited(warehouse: Warehouse, visits: Sequence[Visit], sales: Sequence[Sale], costs: Sequence[tuple[str, int]] = ()) -> Company:
    """A tenant with these visits, conversions and costs (channel, cents), each cost on the first day."""
    made = company(warehouse, [])
    batch: dict[str, pa.Table] = {}
    if visits:
        batch["events"] = _events(visits)
    if sales:
        batch["conversions"] = _conversions(sales)
    if costs:
        batch["channel_costs"] = _table({"channel": [c for c, _ in costs], "cost_minor": [v for _, v in costs], "ts": [START] * len(costs)})
    if batch:
        BatchWriter(warehouse, made.tenant).write(batch, NOW)
    return made


def _table(columns: dict[str, list[Any]]) -> pa.Table:
    size = len(columns["ts"])
    more = {"id": pa.array([uuid4().bytes for _ in range(size)], pa.binary(16)), "ts": pa.array(columns["ts"], pa.timestamp("us"))}
    money = {"currency": pa.array(["EUR"] * size, pa.string())} if "cost_minor" in columns else {}
    rest = {n: pa.array(v, pa.int64() if n.endswith("_minor") else pa.string()) for n, v in columns.items() if n != "ts"}
    return pa.table(more | money | rest)


def _events(visits: Sequence[Visit]) -> pa.Table:
    said = {name: [getattr(v, name) for v in visits] for name in ("source", "medium", "campaign", "channel")}
    return _table({"ts": [v.ts for v in visits], "user_id": [v.user for v in visits], "name": ["view"] * len(visits), **said})


def _conversions(sales: Sequence[Sale]) -> pa.Table:
    return _table(
        {
            "ts": [s.ts for s in sales],
            "user_id": [s.user for s in sales],
            "type": [s.type for s in sales],
            "value_minor": [s.value for s in sales],
            "currency": [s.currency for s in sales],
            "touchpoints": [s.stated for s in sales],
        }
    )
