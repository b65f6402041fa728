"""Random activity: the rollups, the user days, the raw events and a slow plain Python answer agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.period import Grain, floor, step
from analytics.run import cache, run
from data_access.connections import connected
from data_access.schema import events
from data_access.warehouse import Warehouse, open_warehouse
from ingest.rollups import rebuild
from tests.unit.metrics.activity_desk import ACME, actor
from tests.unit.rollups.rows import table_of

FIRST = date(2026, 1, 20)
METRICS = (
    "active_users", "dau", "wau", "mau", "new_users", "returning_users", "resurrected_users", "dormant_users", "churned_users",
)  # fmt: skip
NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
EVERY_PLACE = Filter("is", "country", ("FR", "BE", ""))
EVERY_DEVICE = Filter("is", "device", ("mobile", ""))
PATHS = {
    "rollup": (),
    "one filter of several values": (EVERY_PLACE,),
    "two filters": (EVERY_PLACE, EVERY_DEVICE),
    "raw events": (Filter("is", "event", ("use",)),),
}
Activity = list[tuple[int, date, str | None]]  # user, day, country


@dataclass(frozen=True)
class Bucket:
    start: date  # of the calendar bucket
    begin: date  # inside the period
    stop: date
    before: date  # start of the bucket before


@pytest.fixture(scope="module")
def house() -> Iterator[Warehouse]:
    opened = open_warehouse("duckdb:///:memory:", threads=1)
    opened.migrate()
    yield opened
    opened.close()


def fill(house: Warehouse, activity: Activity) -> None:
    rows = [
        {
            "tenant": 1, "id": f"{i:032x}", "seq": i, "ts": datetime.combine(day, datetime.min.time()), "day": day,
            "user_key": user, "name": "use", "country": country, "device": "mobile" if user % 2 else None,
        }
        for i, (user, day, country) in enumerate(activity)
    ]  # fmt: skip
    with house.transaction() as tx:
        tx.execute(sa.delete(events))
        tx.append("events", table_of("events", rows))
        rebuild(tx, ACME)
    cache().clear()


def distinct(activity: Activity, begin: date, stop: date) -> set[int]:
    return {user for user, day, _ in activity if begin <= day < stop}


def by_hand(activity: Activity, b: Bucket) -> dict[str, float]:
    """Each definition of docs/semantics.md, word by word."""
    active, before = distinct(activity, b.begin, b.stop), distinct(activity, b.before, b.begin)
    ever = distinct(activity, date.min, b.begin)
    days = [b.begin + timedelta(days=i) for i in range((b.stop - b.begin).days)]
    return {
        "active_users": len(active),
        "dau": sum(len(distinct(activity, d, d + timedelta(days=1))) for d in days) / len(days),
        "wau": len(distinct(activity, b.stop - timedelta(days=7), b.stop)),
        "mau": len(distinct(activity, b.stop - timedelta(days=30), b.stop)),
        "new_users": len(active - ever),
        "returning_users": len(active & before),
        "resurrected_users": len(active & ever - before),
        "dormant_users": len(before - active),
        "churned_users": sum(len(lost_on(activity, d)) for d in days),
    }


def lost_on(activity: Activity, day: date) -> set[int]:
    """Active 30 days ago, and never again since."""
    then = day - timedelta(days=30)
    return distinct(activity, then, then + timedelta(days=1)) - distinct(activity, then + timedelta(days=1), day + timedelta(days=1))


def buckets(first: date, last: date, grain: Grain, week_start: int) -> Iterator[Bucket]:
    start = floor(first, grain, week_start)
    while start < last:
        following = step(start, grain)
        yield Bucket(start, max(start, first), min(following, last), step(start, grain, -1))
        start = following


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    one = st.tuples(st.integers(1, 3), st.integers(0, 20) | st.integers(0, 70), st.sampled_from(["FR", "BE", None]))
    drawn = st.lists(one, min_size=15, max_size=40) | st.lists(one, max_size=4)
    return [(user, FIRST + timedelta(days=offset), country) for user, offset, country in draw(drawn)]


@settings(max_examples=25)
@given(activities(), st.integers(0, 90), st.integers(1, 60), st.sampled_from([Grain.DAY, Grain.WEEK, Grain.MONTH]), st.integers(0, 6))
def test_every_path_gives_the_plain_answer(
    house: Warehouse, activity: Activity, offset: int, days: int, grain: Grain, week_start: int
) -> None:
    fill(house, activity)
    first, tenant = FIRST + timedelta(days=offset), replace(ACME, week_start=week_start)
    last = first + timedelta(days=days)
    expected = {b.start: by_hand(activity, b) for b in buckets(first, last, grain, week_start)}
    period = f"{first}~{last - timedelta(days=1)}"
    for path, filters in PATHS.items():
        with connected(warehouse=house):
            query = Aggregate(metrics=METRICS, grain=str(grain), period=period, filters=filters, totals=False)
            frame = run(query, actor(tenant), NOW).frame
        got = {row["bucket"].date(): {name: row[name] for name in METRICS} for _, row in frame.iterrows()}
        assert _near(got, expected), path


def _near(got: dict[date, dict[str, float]], expected: dict[date, dict[str, float]]) -> bool:
    return got.keys() == expected.keys() and all(got[b] == pytest.approx(expected[b]) for b in got)


@settings(max_examples=25)
@given(activities(), st.sampled_from(["week", "month", None]))
def test_slices_are_each_answered_as_if_alone(house: Warehouse, activity: Activity, grain: str | None) -> None:
    fill(house, activity)
    period = f"{FIRST + timedelta(days=20)}~{FIRST + timedelta(days=70)}"
    with connected(warehouse=house):
        whole = Aggregate(metrics=METRICS, grain=grain, period=period, by=("country",), totals=False)
        sliced = run(whole, actor(), NOW).frame
        for country, part in sliced.groupby("country"):
            alone = Aggregate(metrics=METRICS, grain=grain, period=period, filters=(Filter("is", "country", (country,)),), totals=False)
            frame = run(alone, actor(), NOW).frame
            assert part[list(METRICS)].to_numpy().tolist() == pytest.approx(frame[list(METRICS)].to_numpy())
