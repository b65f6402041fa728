"""Rollups on each engine: kept batch by batch they equal a rebuild, and both equal the raw rows."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.warehouse import Warehouse
from ingest.verify import differences
from ingest.writer import BatchWriter
from tests.unit.rollups.rows import KEPT, contents

NOW = datetime(2026, 6, 1, tzinfo=UTC)
START = datetime(2026, 3, 25)


def batches(seed: int) -> list[dict[str, pa.Table]]:
    """Six batches of 30 events and 10 timed requests over eight days, in no order of time, one day twice."""
    draw = random.Random(seed)
    return [{"events": pa.Table.from_pylist([_event(draw) for _ in range(30)]), "api_requests": _requests(draw)} for _ in range(6)]


def _event(draw: random.Random) -> dict[str, Any]:
    return {
        "ts": START + timedelta(seconds=draw.randrange(8 * 86_400)),
        "user_id": draw.choice("abcdef"),
        "name": draw.choice(["page_view", "use"]),
        "page": draw.choice(["/a", "/b"]),
        "country": draw.choice(["FR", "BE", None]),
        "device": draw.choice(["mobile", "desktop"]),
        "duration_ms": draw.choice([None, draw.uniform(0, 5000)]),
    }


def _requests(draw: random.Random) -> pa.Table:
    rows = [
        {
            "ts": START + timedelta(seconds=draw.randrange(8 * 86_400)),
            "endpoint": draw.choice(["/x", "/y"]),
            "status": draw.choice([200, 404, 500]),
            "latency_ms": draw.choice([0.0, draw.uniform(0.5, 9000)]),
        }
        for _ in range(10)
    ]
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kept_equals_rebuilt(warehouse: Warehouse, writer: BatchWriter, seed: int) -> None:
    for batch in batches(seed):
        writer.write(batch, NOW)
    kept = {table.name: contents(warehouse, table) for table in KEPT}
    assert all(kept.values())
    writer.rebuild(NOW)
    assert {table.name: contents(warehouse, table) for table in KEPT} == kept


@pytest.fixture
def filled(warehouse: Warehouse, writer: BatchWriter) -> Warehouse:
    for batch in batches(7):
        writer.write(batch, NOW)
    return warehouse


PAIRS = {
    "events of a day": (
        "SELECT day, name, country, sum(events) AS n FROM rollup_event_day GROUP BY day, name, country",
        "SELECT day, name, country, count(*) AS n FROM events GROUP BY day, name, country",
    ),
    "time spent": (
        "SELECT day, round(CAST(sum(duration_ms) AS numeric), 3) AS n FROM rollup_event_day GROUP BY day",
        "SELECT day, round(CAST(sum(duration_ms) AS numeric), 3) AS n FROM events GROUP BY day",
    ),
    "users of a day": (
        "SELECT day, sum(users) AS n FROM rollup_active WHERE dimension = '' GROUP BY day",
        "SELECT day, count(DISTINCT user_key) AS n FROM events GROUP BY day",
    ),
    "users of a day by country": (
        "SELECT day, value, sum(users) AS n FROM rollup_active WHERE dimension = 'country' GROUP BY day, value",
        "SELECT day, coalesce(country, '') AS value, count(DISTINCT user_key) AS n FROM events GROUP BY day, coalesce(country, '')",
    ),
    "events of a user and day": (
        "SELECT user_key, day, country, device, events FROM rollup_user_day",
        """SELECT user_key, day, coalesce(country, '') AS country, device, count(*) AS n FROM events
           GROUP BY user_key, day, coalesce(country, ''), device""",
    ),
    "sessions": (
        "SELECT session_key, ts, ended_at, events, page_views FROM sessions",
        """SELECT session_key, min(ts) AS ts, max(ts) AS ended_at, count(*) AS events, count(CASE WHEN name = 'page_view' THEN 1 END) AS n
           FROM events GROUP BY session_key""",
    ),
    "requests by bucket": (
        "SELECT day, name, status, bucket, sum(requests) AS n FROM rollup_latency WHERE source = 'api' GROUP BY day, name, status, bucket",
        """SELECT day, endpoint, CASE WHEN status >= 500 THEN 'error' ELSE 'ok' END AS state,
           floor(ln(CASE WHEN latency_ms < 0.001 THEN 0.001 ELSE latency_ms END) / ln(1.01)) AS bucket, count(*) AS n
           FROM api_requests GROUP BY 1, 2, 3, 4""",
    ),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_a_rollup_equals_the_raw_rows(filled: Warehouse, pair: tuple[str, str]) -> None:
    def rows(text: str) -> list[str]:
        frame = filled.read(sa.text(text)).astype(object)
        return sorted(repr([_plain(v) for v in row]) for row in frame.itertuples(index=False))

    assert rows(pair[0]) == rows(pair[1])


def _plain(value: Any) -> Any:
    return None if value is None or value != value else (float(value) if isinstance(value, int | float) else str(value))


def test_days_as_bits(filled: Warehouse) -> None:
    """Bit i of block b is day 60 b + i since 1970."""
    bits = filled.read(sa.text("SELECT user_key, block, bits FROM rollup_activity"))
    epoch = datetime(1970, 1, 1)
    found = {
        (int(r.user_key), (epoch + timedelta(days=int(r.block) * 60 + i)).date())
        for r in bits.itertuples()
        for i in range(60)
        if int(r.bits) >> i & 1
    }
    days = filled.read(sa.text("SELECT DISTINCT user_key, day FROM events"))
    assert found == {(int(r.user_key), r.day.date()) for r in days.itertuples()}


def test_a_year_far_away_is_kept(warehouse: Warehouse, writer: BatchWriter, tenant: Tenant) -> None:
    """A sender's clock may say anything."""
    for year in (1, 1969, 2026, 9999):
        writer.write({"events": pa.Table.from_pylist([{"ts": datetime(year, 6, 1, 12), "user_id": "a", "name": "use"}])}, NOW)
    kept = {table.name: contents(warehouse, table) for table in KEPT}
    assert len(kept["rollup_activity"]) == 4
    writer.rebuild(NOW)
    assert {table.name: contents(warehouse, table) for table in KEPT} == kept


WRONG = {
    "rollup_event_day": "events = events + 1",
    "rollup_event_hour": "events = events - 1",
    "rollup_page_day": "page_views = page_views + 1",
    "rollup_user_day": "events = events + 1",
    "rollup_active": "users = users + 1",
    "rollup_activity": "bits = 0",
    "rollup_latency": "bucket = bucket + 1",
    "rollup_session_day": "sessions = sessions + 1",
    "sessions": "events = events + 1",
}


def test_what_differs_is_named_and_mended(filled: Warehouse, writer: BatchWriter, tenant: Tenant) -> None:
    """Each table changed behind the product's back."""
    assert differences(filled, tenant) == {}
    with filled.transaction() as tx:
        for table, change in WRONG.items():
            tx.execute(
                sa.text(
                    f"UPDATE {table} SET {change} WHERE day = '2026-03-27'"
                    if table != "rollup_activity"
                    else f"UPDATE {table} SET {change}"
                )
            )
    found = differences(filled, tenant)
    assert {name.split()[0] for name in found} == set(WRONG)
    assert "kept" in found["rollup_activity"][0]
    assert "raw" in found["rollup_activity"][0]
    writer.rebuild(NOW)
    assert differences(filled, tenant) == {}
