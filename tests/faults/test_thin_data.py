"""Businesses of almost nothing: a dash or a zero where each is true, never 0 % of nothing, never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from accounts.actor import Actor
from analytics.kinds.aggregate import Aggregate
from analytics.metric import Unit
from analytics.metrics import METRICS
from analytics.run import run
from data_access.clock import naive_utc, utc_now
from data_access.connections import connected
from data_access.warehouse import open_warehouse
from ingest.writer import BatchWriter
from tests.faults.conftest import rows
from tests.faults.screen import Screen, open_page
from tests.people import ACME

PAGES = ("overview", "revenue", "activity")
VISIBLE = [m for m in METRICS.values() if not m.hidden]
CHUNKS = [tuple(m.name for m in VISIBLE[i : i + 12]) for i in range(0, len(VISIBLE), 12)]
ALICE = Actor("alice", "Alice", ACME, frozenset({"admin"}))
Facts = dict[str, list[dict[str, Any]]]


def at(days_ago: int, minute: int = 0) -> datetime:
    """Noon so many days ago, naive UTC."""
    return naive_utc(utc_now()).replace(hour=12, minute=minute, second=0, microsecond=0) - timedelta(days=days_ago)


def payment(days_ago: int, kind: str, cents: int | None, currency: str = "EUR") -> dict[str, Any]:
    return {"ts": at(days_ago), "type": kind, "amount_minor": cents, "currency": currency, "user_id": "ada", "country": "FR"}


def plan(days_ago: int, change: str, cents: int) -> dict[str, Any]:
    status = "active" if cents else "cancelled"
    row = {"subscription_id": "s1", "change": change, "status": status, "interval": "month", "amount_minor": cents, "mrr_minor": cents}
    return {**row, "ts": at(days_ago), "user_id": "ada", "currency": "EUR", "plan": "solo"}


BUSINESSES: dict[str, Facts] = {
    "one user": {"events": [{"ts": at(3), "name": "page_view", "user_id": "ada"}]},
    "one event of nobody": {"events": [{"ts": at(3), "name": "page_view"}]},
    "a constant series": {"events": [{"ts": at(day), "name": "page_view", "user_id": "ada", "page": "/"} for day in range(1, 80)]},
    "all null": {"events": [{"ts": at(day), "name": "x", "user_id": None, "country": None, "page": None} for day in range(1, 9)]},
    "only refunds": {"payments": [payment(day, "refunded", 50_00) for day in range(1, 9)]},
    "more refunded than taken": {"payments": [payment(4, "captured", 10_00), payment(2, "refunded", 99_00)]},
    "only failures": {"payments": [payment(day, "failed", 10_00) for day in range(1, 9)]},
    "payments of nothing": {"payments": [payment(day, "captured", 0) for day in range(1, 9)]},
    "one customer": {"subscriptions": [plan(40, "start", 20_00)]},
    "one customer who left": {"subscriptions": [plan(40, "start", 20_00), plan(5, "cancel", 0)]},
    "a customer for nothing": {"subscriptions": [plan(40, "start", 0)]},
    "two currencies without a rate": {"payments": [payment(4, "captured", 10_00), payment(3, "captured", 10_00, "USD")]},
    "everything in the future": {"events": [{"ts": at(-400), "name": "page_view", "user_id": "ada"}]},
    "everything long ago": {"events": [{"ts": datetime(1971, 1, 1), "name": "page_view", "user_id": "ada"}]},
}
Open = Callable[..., Screen]


@pytest.fixture(params=BUSINESSES)
def business(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    house = open_warehouse(f"duckdb:///{tmp_path}/warehouse.duckdb")
    house.migrate()
    BatchWriter(house, ACME).write({name: rows(*facts) for name, facts in BUSINESSES[request.param].items()}, utc_now())
    with connected(warehouse=house):
        yield str(request.param)
    house.close()


@pytest.mark.usefixtures("no_browser")
def test_pages_stand_and_say_nothing_untrue(business: str, store: sa.Engine) -> None:
    with connected(store=store):
        for page in PAGES:
            shown = open_page(store, "alice@acme.test", page, period="90d")
            assert not shown.traceback, (business, page)
            assert shown.broken == 0, (business, page)
            assert not {word for word in ("nan", "inf", "None", "NaT") if f">{word}" in shown.body}, (business, page)
            for label, said in shown.tiles.items():
                assert not said.startswith(("nan", "inf")), (business, label, said)


def test_every_metric_is_a_number_or_nothing(business: str) -> None:
    """Never infinite; and where all that a share is computed from is 0 or missing, nothing is said."""
    for names in CHUNKS:
        needed = dict.fromkeys((*names, *(need for name in names for need in METRICS[name].needs)))
        result = run(Aggregate(metrics=tuple(needed), grain="week", period="90d", compare="previous"), ALICE, utc_now())
        for name in names:
            value, change, metric = result.value(name), result.change(name), METRICS[name]
            assert value is None or abs(value) < 1e15, name
            assert change is None or abs(change) < 1e6, name
            assert not result.series(name).isin([float("inf"), float("-inf")]).any(), name
            if metric.unit is Unit.RATIO and metric.formula and not any(result.value(need) for need in metric.needs):
                assert value is None, name


def test_currencies_without_a_rate_are_never_summed(tmp_path: Path, store: sa.Engine, no_browser: None) -> None:
    house = open_warehouse(f"duckdb:///{tmp_path}/warehouse.duckdb")
    house.migrate()
    BatchWriter(house, ACME).write({"payments": rows(*BUSINESSES["two currencies without a rate"]["payments"])}, utc_now())
    with connected(warehouse=house, store=store):
        total = run(Aggregate(metrics=("revenue",), period="90d"), ALICE, utc_now())
        apart = run(Aggregate(metrics=("revenue",), by=("currency",), period="90d"), ALICE, utc_now())
        shown = open_page(store, "alice@acme.test", "overview", period="90d")
    house.close()
    assert total.value("revenue") is None
    assert total.warned("no_rate")
    assert "USD" in next(w.text.en for w in total.warnings if w.code == "no_rate")
    found = dict(zip(apart.frame["currency"], apart.frame["revenue"], strict=True))
    assert found["EUR"] == 10_00
    assert pd.isna(found["USD"])
    assert shown.tiles["Revenue"] == "—"
