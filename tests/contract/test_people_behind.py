"""Who is behind a number, on a few events drawn by hand; on every engine."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from analytics.kinds import query_from_json
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.kinds.paths import Paths
from analytics.kinds.people import People
from analytics.query import InvalidQuery
from analytics.run import Forbidden
from ingest.writer import BatchWriter
from tests.contract.shapes_desk import NOW, Row, company

MARCH = "2026-03-01~2026-03-31"


def at(day, hour=0, minute=0):
    return datetime(2026, 3, day, hour, minute)


# ann: 3 events on the 2nd, 1 on the 20th; bob: 1 on the 3rd; cat: 2 on the 20th, first seen in February.
ROWS = [
    Row("ann", at(2, 10), "visit"),
    Row("ann", at(2, 11), "visit"),
    Row("ann", at(2, 12), "buy"),
    Row("ann", at(20, 9), "visit"),
    Row("bob", at(3, 10), "visit"),
    Row("cat", datetime(2026, 2, 20), "visit"),
    Row("cat", at(20, 10), "visit"),
    Row("cat", at(20, 10, 20), "buy"),
]


@pytest.fixture
def shop(warehouse):
    made = company(warehouse, ROWS)
    paid = [("ann", 1000, "captured"), ("ann", 200, "refunded"), ("cat", 700, "captured")]
    people = [("ann", "Ann Lee", "Ann@x.test", "FR"), ("bob", "Bob", "bob@x.test", "BE"), ("cat", None, None, "FR")]
    BatchWriter(warehouse, made.tenant).write(
        {
            "users": pa.table(dict(zip(("external_id", "name", "email", "country"), zip(*people, strict=True), strict=True))),
            "payments": pa.Table.from_pylist([payment(*one) for one in enumerate(paid)]),
        },
        NOW,
    )
    return made


def payment(number, paid):
    who, amount, kind = paid
    moment = {"id": bytes([number]) * 16, "ts": at(25 + number)}
    return {**moment, "user_id": who, "type": kind, "amount_minor": amount, "currency": "EUR"}


def behind(shop, of, **cell):
    found = shop.ask(People(of=of, **cell))
    assert found.extra["total"] == len(found.frame)
    return found.frame["external_id"].tolist()


def total(*metrics, **more):
    return Aggregate(**({"metrics": metrics, "period": MARCH} | more))


def test_a_count_leads_to_those_whose_rows_it_counts_the_largest_first(shop):
    found = shop.ask(People(of=total("events"))).frame
    assert list(zip(found["external_id"], found["value"], strict=True)) == [("ann", 4), ("cat", 2), ("bob", 1)]
    assert behind(shop, total("events", filters=(("is", "event", ["buy"]),))) == ["ann", "cat"]


def test_one_point_and_one_slice(shop):
    daily = total("events", "active_users", grain="day", by=("event",))
    assert behind(shop, daily, bucket="2026-03-20") == ["cat", "ann"]
    assert behind(shop, daily, metric="active_users", bucket="2026-03-20", slice=("buy",)) == ["cat"]
    assert behind(shop, daily, bucket="2026-03-02", slice=("visit",)) == ["ann"]
    hourly = total("events", grain="hour", period="2026-03-20~2026-03-20")
    assert behind(shop, hourly, bucket="2026-03-20T10:00:00") == ["cat"]
    assert behind(shop, hourly, bucket="2026-03-20T11:00:00") == []


@pytest.mark.parametrize(
    ("metric", "who"),
    [
        ("active_users", {"ann", "bob", "cat"}),
        ("new_users", {"ann", "bob"}),
        ("returning_users", {"cat"}),
        ("retained_share", {"cat"}),  # who counts above the line
        ("sessions", {"ann", "bob", "cat"}),
        ("stickiness", {"ann", "bob", "cat"}),
        ("revenue", {"ann", "cat"}),
        ("refunds", {"ann"}),
        ("refund_rate", {"ann"}),
        ("revenue_per_user", {"ann", "cat"}),
        ("first_time_payers", {"ann", "cat"}),
    ],
)
def test_the_people_of_a_metric_of_a_month(shop, metric, who):
    assert set(behind(shop, total(metric))) == who


def test_dormant_users_are_those_of_the_month_before(shop):
    assert behind(shop, total("dormant_users", period="2026-04-01~2026-04-30")) == ["ann", "bob", "cat"]
    assert behind(shop, total("dormant_users", grain="month", period="2026-02-01~2026-04-30"), bucket="2026-03-01") == []


def test_money_is_the_persons_own_part(shop):
    found = shop.ask(People(of=total("revenue"))).frame
    assert dict(zip(found["external_id"], found["value"], strict=True)) == {"ann": 800, "cat": 700}
    assert dict(zip(found["external_id"], found["revenue"], strict=True)) == {"ann": 800, "cat": 700}


def test_a_page_is_ordered_and_counted_in_full(shop):
    found = shop.ask(People(of=total("events"), offset=1, limit=1))
    assert (found.frame["external_id"].tolist(), found.value("people"), found.extra["total"]) == (["cat"], 3, 3)


def test_a_search_by_id_email_or_name(shop):
    for word in ("AN", "ann@", "lee"):
        assert behind(shop, total("events"), search=word) == ["ann"]
    assert shop.ask(People(search="bob")).frame["external_id"].tolist() == ["bob"]
    assert shop.ask(People(search="%")).frame.empty
    assert set(shop.ask(People(filters=(("is", "country", ["FR"]),))).frame["external_id"]) == {"ann", "cat"}


def test_who_ended_at_a_node_and_who_took_how_long(shop):
    paths = Paths(period=MARCH, gap_seconds=7200)
    assert behind(shop, paths, source="1_visit", outcome="dropped") == ["ann", "bob"]  # ann on the 20th
    assert behind(shop, paths, source="2_buy", outcome="dropped") == ["ann", "cat"]
    funnel = Funnel(steps=(FunnelStep(event="visit"), FunnelStep(event="buy")), period=MARCH, view="histogram")
    assert behind(shop, funnel, took=(0, 1200)) == []
    assert behind(shop, funnel, took=(1200, 1201)) == ["cat"]


def test_nobody_is_behind_what_is_not_about_people(shop):
    with pytest.raises(InvalidQuery, match="nobody is behind “marketing_cost”"):
        shop.ask(People(of=total("marketing_cost")))
    with pytest.raises(InvalidQuery, match="people have no “device”"):
        shop.ask(People(filters=(("is", "device", ["x"]),)))
    with pytest.raises(Forbidden, match="read_people"):
        shop.ask(People(of=total("events")), roles=frozenset({"executive"}))


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ({"metric": "revenue"}, "one of the question’s own"),
        ({"bucket": "2026-03-01"}, "without a grain"),
        ({"slice": ["a", "b"]}, "0 values"),
        ({"step": 1}, "not named by step"),
    ],
)
def test_a_cell_that_the_question_does_not_have(cell, why):
    with pytest.raises(InvalidQuery, match=why):
        query_from_json({"kind": "people", "of": {"kind": "aggregate", "metrics": ["events"]}, **cell})
