"""Rates of exchange that come late, and a tenant that moves to another time zone or reporting currency."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pyarrow as pa
import pytest
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access import schema
from ingest.verify import differences
from ingest.writer import BatchWriter

ACME = Tenant(1, "acme", "Acme", time_zone="Europe/Paris", currency="EUR")
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def payment(n: int, ts: datetime, amount: int, currency: str) -> dict:
    return {"id": str(UUID(int=n)), "ts": ts, "type": "captured", "amount_minor": amount, "currency": currency, "user_id": "ann"}


def rates(*rows: tuple[date, str, float]) -> pa.Table:
    return pa.Table.from_pylist([{"day": day, "currency": code, "rate": rate} for day, code, rate in rows])


PAYMENTS = pa.Table.from_pylist(
    [
        payment(1, datetime(2026, 3, 2, 12), 1000, "EUR"),
        payment(2, datetime(2026, 3, 2, 23, 30), 2001, "USD"),  # 00:30 on 3 March in Paris
        payment(3, datetime(2026, 3, 9, 12), 2001, "USD"),
        payment(4, datetime(2026, 3, 9, 12), 500, "XOF"),
    ]
)
SUBSCRIPTIONS = pa.Table.from_pylist(
    [
        {
            "id": str(UUID(int=9)), "ts": datetime(2026, 3, 2, 12), "subscription_id": "s1", "customer": "u1", "change": "start",
            "status": "active", "interval": "month", "amount_minor": 3000, "currency": "USD", "user_id": "ann",
        }
    ]
)  # fmt: skip


@pytest.fixture
def house(warehouse):
    BatchWriter(warehouse, ACME).write({"payments": PAYMENTS, "subscriptions": SUBSCRIPTIONS}, NOW)
    return warehouse


def bases(house) -> list[float | None]:
    p = schema.payments.c
    found = house.read(sa.select(p.amount_base_minor).order_by(p.id))["amount_base_minor"]
    return [None if value != value else value for value in found.tolist()]


def mrr(house) -> list[float]:
    return house.read(sa.select(schema.mrr_movements.c.delta_base_minor))["delta_base_minor"].tolist()


def test_a_rate_that_comes_late_prices_what_waited(house):
    assert bases(house) == [1000, None, None, None]
    BatchWriter(house, ACME).write({"fx_rates": rates((date(2026, 3, 1), "USD", 0.9), (date(2026, 3, 8), "USD", 0.8))}, NOW)
    # 2001 × 0.9 = 1800.9 → 1801; 2001 × 0.8 = 1600.8 → 1601; no rate for XOF yet
    assert bases(house) == [1000, 1801, 1601, None]
    assert mrr(house) == [2700]  # 3000 × 0.9, the rate of the day the customer first paid
    assert differences(house, ACME) == {}


def test_a_corrected_rate_counts_after_a_rebuild(house):
    writer = BatchWriter(house, ACME)
    writer.write({"fx_rates": rates((date(2026, 3, 1), "USD", 0.9))}, NOW)
    writer.write({"fx_rates": rates((date(2026, 3, 5), "USD", 0.5))}, NOW)
    assert bases(house) == [1000, 1801, 1801, None]  # amounts once stated stand until someone rebuilds
    writer.rebuild(NOW)
    assert bases(house) == [1000, 1801, 1001, None]  # 2001 × 0.5 = 1000.5 → 1001


def test_a_new_reporting_currency(house):
    BatchWriter(house, replace(ACME, currency="USD")).rebuild(NOW)
    assert bases(house) == [None, 2001, 2001, None]  # the euro has no rate in dollars


def test_a_new_time_zone_moves_days(house):
    p = schema.payments.c
    days = sa.select(p.day).order_by(p.id)
    assert [d.date().day for d in house.read(days)["day"]] == [2, 3, 9, 9]
    BatchWriter(house, replace(ACME, time_zone="America/New_York")).rebuild(NOW)
    assert [d.date().day for d in house.read(days)["day"]] == [2, 2, 9, 9]
