"""Movements kept by the writer, and cohorts of users by rollup and by event, the same on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from accounts.actor import Actor, Tenant
from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.movements import Movements
from analytics.kinds.retention import Retention
from analytics.run import cache, run
from data_access import schema
from data_access.connections import connected
from data_access.warehouse import Warehouse
from ingest.writer import BatchWriter

PARIS = Tenant(1, "acme", "Acme", "Europe/Paris", currency="EUR")
ALICE = Actor("a", "Alice", PARIS, frozenset({"admin"}))
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def house(warehouse: Warehouse) -> Iterator[Warehouse]:
    cache().clear()
    with connected(warehouse=warehouse):
        yield warehouse


def subscriptions(*rows: tuple) -> pa.Table:
    """(number, ts, customer, subscription, change, amount, plan[, more])"""
    made = []
    for number, ts, customer, subscription, change, amount, plan, *more in rows:
        status = {"cancel": "cancelled", "pause": "paused"}.get(change, "active")
        row = {"id": UUID(int=number).bytes, "ts": datetime.fromisoformat(ts), "customer": customer, "subscription_id": subscription}
        row |= {"change": change, "status": status, "interval": "year", "amount_minor": amount * 12, "currency": "EUR", "plan": plan}
        made.append(row | {"ends_at": None, "country": "FR", "kind": "business", "channel": "ads"} | (more[0] if more else {}))
    return pa.Table.from_pylist(made).set_column(0, "id", pa.array([row["id"] for row in made], pa.binary(16)))


FIRST = (
    (1, "2026-01-10T10:00", "a1", "s1", "start", 1000, "pro"),
    (2, "2026-01-31T23:30", "a2", "s2", "start", 500, "pro"),  # 1 February in Paris
    (3, "2026-02-10T10:00", "a1", "s1", "upgrade", 3000, "team"),
)
LATER = (
    (4, "2026-03-10T10:00", "a1", "s1", "cancel", 3000, "team", {"ends_at": datetime(2026, 7, 1)}),
    (5, "2026-03-10T10:00", "a2", "s2", "pause", 500, "pro"),
    (6, "2026-01-20T10:00", "a2", "s3", "start", 200, "team"),  # late
)


def ledger(house: Warehouse) -> list[tuple]:
    table = schema.mrr_movements
    columns = (
        "customer",
        "day",
        "movement",
        "plan",
        "delta_minor",
        "delta_base_minor",
        "customers_delta",
        "customer_since_day",
        "active_since_day",
    )
    found = house.read(sa.select(*(table.c[name] for name in columns)).order_by(table.c.ts, table.c.customer, table.c.plan))
    return [tuple(str(v.date()) if isinstance(v, pd.Timestamp) else v for v in row) for row in found.itertuples(index=False)]


def test_a_batch_brings_the_ledger_up_to_date(house: Warehouse) -> None:
    writer = BatchWriter(house, PARIS)
    writer.write({"subscriptions": subscriptions(*FIRST)}, NOW)
    assert ledger(house)[:2] == [
        ("a1", "2026-01-10", "new", "pro", 1000, 1000, 1, "2026-01-10", "2026-01-10"),
        ("a2", "2026-02-01", "new", "pro", 500, 500, 1, "2026-02-01", "2026-02-01"),
    ]
    writer.write({"subscriptions": subscriptions(*LATER)}, NOW)
    changed = ledger(house)
    # a2's first payment turns out to lie in January; what was new is now expansion
    assert ("a2", "2026-01-20", "new", "team", 200, 200, 1, "2026-01-20", "2026-01-20") in changed
    assert ("a2", "2026-02-01", "expansion", "pro", 500, 500, 1, "2026-01-20", "2026-01-20") in changed
    assert changed[-1] == ("a1", "2026-07-01", "churn", "team", -3000, -3000, -1, "2026-01-10", "2026-01-10")  # written ahead of time


def test_batch_by_batch_at_once_and_rebuilt_are_the_same_ledger(house: Warehouse) -> None:
    rows = [*FIRST, *LATER]
    for at in (slice(0, 2), slice(2, 5), slice(5, 6)):
        BatchWriter(house, PARIS).write({"subscriptions": subscriptions(*rows[at])}, NOW)
    kept = ledger(house)
    BatchWriter(house, PARIS).rebuild(NOW)
    assert ledger(house) == kept
    other = replace(PARIS, key=2)
    with BatchWriter(house, other).bulk(NOW) as load:
        load.add({"subscriptions": subscriptions(*rows)})
    mine = schema.mrr_movements.c
    both = house.read(sa.select(mine.tenant, sa.func.count(), sa.func.sum(mine.delta_minor)).group_by(mine.tenant))
    assert both.iloc[0, 1:].tolist() == both.iloc[1, 1:].tolist()


def test_a_subscription_handed_over_in_a_later_batch_leaves_its_first_customer(house: Warehouse) -> None:
    writer = BatchWriter(house, PARIS)
    writer.write({"subscriptions": subscriptions(*FIRST[:1], (7, "2026-01-12T10:00", "a9", "s9", "start", 100, "pro"))}, NOW)
    writer.write({"subscriptions": subscriptions((8, "2026-02-12T10:00", "a2", "s1", "quantity", 1000, "pro"))}, NOW)
    assert [row[:3] + row[4:5] for row in ledger(house)] == [
        ("a1", "2026-01-10", "new", 1000),
        ("a9", "2026-01-12", "new", 100),
        ("a1", "2026-02-12", "churn", -1000),
        ("a2", "2026-02-12", "new", 1000),
    ]
    kept = ledger(house)
    writer.rebuild(NOW)
    assert ledger(house) == kept


def test_every_revenue_metric_answers_on_every_engine(house: Warehouse) -> None:
    BatchWriter(house, PARIS).write({"subscriptions": subscriptions(*FIRST, *LATER)}, NOW)
    names = ("mrr", "customers", "nrr", "grr", "ltv", "logo_churn", "quick_ratio", "arpa")
    for grain in (None, "hour", "day", "week", "month", "quarter", "year"):
        period = "2026-03-10~2026-03-10" if grain == "hour" else "2026-01-01~2026-03-31"
        found = run(Aggregate(metrics=names, period=period, grain=grain, by=("plan",) if grain == "month" else ()), ALICE, NOW)
        assert found.value("mrr") == 3200  # a1 has paid until July, a2 keeps s3
        assert found.value("customers") == 2
    moved = run(Movements(period="2026-01-01~2026-03-31"), ALICE, NOW).frame
    assert moved["amount"].tolist()[:2] == [2000.0, 1000.0]
    assert run(Retention(subject="revenue_gross", period="2026-01-01~2026-03-31"), ALICE, NOW).frame["value"].tolist()[:3] == [
        1200,
        1200,
        1200,
    ]


def active(seed: int, users: int = 60, days: int = 100) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    count = users * 12
    ts = datetime(2026, 1, 1) + pd.to_timedelta(rng.integers(0, days * 86_400, count), unit="s")
    frame = pd.DataFrame({"ts": ts, "user": rng.integers(0, users, count), "name": rng.choice(["sign_up", "visit", "pay"], count)})
    return frame.assign(country=rng.choice(["FR", "BE"], count))


def events_of(frame: pd.DataFrame) -> pa.Table:
    ids = pa.array([UUID(int=i).bytes for i in range(len(frame))], pa.binary(16))
    return pa.table(
        {"id": ids, "ts": pa.array(frame["ts"]), "name": pa.array(frame["name"]), "country": pa.array(frame["country"])}
        | {"user_id": pa.array("user-" + frame["user"].astype(str))}
    )


def by_sets(frame: pd.DataFrame, begins: list[date], query: Retention) -> list[list[int]]:
    """The triangle from sets of users, bucket by bucket."""
    local = frame["ts"].dt.tz_localize("UTC").dt.tz_convert("Europe/Paris").dt.date
    starts = frame[frame["name"] == query.start_event] if query.start_event else frame
    returns = frame[frame["name"] == query.return_event] if query.return_event else frame
    stops = [*begins[1:], date(2026, 4, 1)]

    def who(part: pd.DataFrame, k: int) -> set[int]:
        day = local[part.index]
        return set(part["user"][(day >= begins[k]) & (day < stops[k])])

    def joined(k: int) -> set[int]:
        return who(starts, k) - (set(starts["user"][local[starts.index] < begins[k]]) if query.mode == "first_time" else set())

    return [[len(joined(i))] + [len(joined(i) & who(returns, j)) for j in range(i + 1, len(begins))] for i in range(len(begins))]


GRAINS = {
    "month": [date(2026, 2, 1), date(2026, 3, 1)],
    "week": [date(2026, 1, 26) + timedelta(weeks=k) for k in range(10)],
    "day": [date(2026, 3, 10) + timedelta(days=k) for k in range(22)],
}


@pytest.mark.parametrize("grain", GRAINS)
def test_users_by_cohort_are_those_that_sets_give(house: Warehouse, grain: str) -> None:
    frame, first = active(3), max(GRAINS[grain][0], date(2026, 2, 1))
    BatchWriter(house, PARIS).write({"events": events_of(frame)}, NOW)
    asked = [
        (mode, start, back)
        for mode in ("first_time", "recurring")
        for start, back in ((None, None), ("sign_up", "pay"), ("visit", "visit"))
    ]
    for mode, start, back in asked:
        query = Retention(subject="users", grain=grain, mode=mode, start_event=start, return_event=back, period=f"{first}~2026-03-31")
        assert triangle(query) == by_sets(frame, GRAINS[grain], query), (mode, start, back)
        chosen = query.model_copy(update={"filters": (Filter("is", "country", ("FR",)),)})
        assert triangle(chosen) == by_sets(frame[frame["country"] == "FR"], GRAINS[grain], chosen), (mode, start, back)


def triangle(query: Retention) -> list[list[int]]:
    frame = run(query, ALICE, NOW).frame
    return [[int(v) for v in part.sort_values("offset")["value"]] for _, part in frame.groupby("cohort", sort=True)]


def test_the_published_cohort_table_of_online_retail(house: Warehouse, shared) -> None:
    raw = pd.read_parquet(shared / "data" / "online_retail_2010_2011.parquet").dropna(subset=["CustomerID"])
    visits = pd.DataFrame(
        {"user": raw["CustomerID"].astype(int), "ts": pd.to_datetime(raw["InvoiceDate"]).astype("datetime64[us]")}
    ).drop_duplicates()
    visits = visits.reset_index(drop=True).assign(name="purchase", country="GB")
    utc = Tenant(1, "shop", "Shop", "UTC", currency="GBP")
    with BatchWriter(house, utc).bulk(NOW) as load:
        load.add({"events": events_of(visits)})
    query = Retention(subject="users", grain="month", mode="first_time", period="2010-12-01~2011-12-31")
    expected = orjson.loads((shared / "data" / "online_retail_2010_2011.expected.json").read_bytes())["all_rows_with_customer"]
    frame = run(query, replace(ALICE, tenant=utc), NOW).frame
    found = {f"{cohort:%Y-%m}": [int(v) for v in part.sort_values("offset")["value"]] for cohort, part in frame.groupby("cohort")}
    assert found == expected["cohort_retention"]
