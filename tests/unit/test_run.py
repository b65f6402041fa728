"""The one door: rights, tenant, periods, grids, running sums, comparison and cache, on a few rows drawn by hand."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa

from accounts.actor import Actor, Tenant
from accounts.language import Text
from accounts.roles import Permission
from analytics import metrics as registry
from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.metric import Metric, Source, Unit, ratio
from analytics.query import InvalidQuery
from analytics.run import Forbidden, cache, run
from data_access import schema, versions
from data_access.clock import naive_utc
from data_access.connections import connected
from data_access.warehouse import WarehouseUnavailable, open_warehouse

ACME = Tenant(1, "acme", "Acme")
OTHER = Tenant(2, "other", "Other")
ALICE = Actor("a", "Alice", ACME, frozenset({"admin"}))
BOB = Actor("b", "Bob", ACME, frozenset({"viewer"}))
CHARLIE = Actor("c", "Charlie", OTHER, frozenset({"admin"}))
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)

EVENTS = Source("t_events", ("events",), lambda scan: schema.events, frozenset({"country", "event", "properties", "hour_of_day", "user"}))
MOVES = Source("t_moves", ("mrr_movements",), lambda scan: schema.mrr_movements, frozenset({"plan", "country"}))


def named(name, source=None, expression=None, **more):
    return Metric(name, Text(name, name), Text(name, name), "activity", Unit.COUNT, source=source, expression=expression, **more)


def no_rate(rows):
    return sa.func.string_agg(sa.distinct(sa.case((rows.c.delta_base_minor.is_(None), rows.c.currency))), ",")


def count(rows):
    return sa.func.count()


def flow(rows):
    return sa.func.sum(rows.c.delta_base_minor)


SAMPLE = (
    named("events", EVENTS, count, empty=0.0),
    named("people", EVENTS, lambda rows: sa.func.count(sa.distinct(rows.c.user_key)), empty=0.0),
    named("per_person", needs=("events", "people"), formula=lambda m: ratio(m["events"], m["people"])),
    named("mrr", MOVES, flow, when="closing", empty=0.0, permission=Permission.READ_MONEY),
    named("mrr_opening", MOVES, flow, when="opening", empty=0.0, hidden=True),
    named("rated", MOVES, flow, when="closing", empty=0.0, unrated=no_rate),
    named("rated_flow", MOVES, flow, empty=0.0, unrated=no_rate),
    named("share", EVENTS, count, empty=0.0, change="points"),
)


def event(n, ts, user, name="view", country="FR", tenant=1, properties=None):
    return {
        "tenant": tenant, "id": UUID(int=n), "ts": ts, "day": ts.date(), "seq": n, "name": name,
        "user_key": user, "country": country, "properties": properties,
    }  # fmt: skip


def at(day, hour=10):
    return datetime(2026, 3, day, hour)


ROWS = [
    event(1, at(2), 1),
    event(2, at(2, 11), 1, "buy", properties='{"size": "L", "price": 12.5}'),
    event(3, at(4), 2, country="BE", properties='{"size": "M", "price": 9}'),
    event(4, at(9), 1, country=None),
    event(5, at(9), 3, country=""),
    event(6, at(9), 9, tenant=2),
    event(7, at(3, 23), 1),
]


def move(day, delta, plan, month=3):
    ts = datetime(2026, month, day, 8)
    return {"tenant": 1, "customer": "u1", "ts": ts, "day": ts.date(), "movement": "new", "delta_base_minor": delta, "plan": plan}


MOVEMENTS = [move(20, 1000, "Pro", 1), move(3, 500, "Pro"), move(4, 300, "Team"), move(8, -200, "Pro"), move(25, -1100, "Pro")]


@pytest.fixture
def desk(monkeypatch):
    """A warehouse with the rows above, and the sample metrics in place of the product's."""
    house = open_warehouse("duckdb:///:memory:")
    house.migrate()
    with house.transaction() as tx:
        tx.append("events", pa.Table.from_pylist([{**row, "id": row["id"].bytes} for row in ROWS]))
        tx.append("mrr_movements", pa.Table.from_pylist(MOVEMENTS))
        stamp(tx, {date(2026, 3, day) for day in range(1, 12)})
    monkeypatch.setattr(registry, "METRICS", {m.name: m for m in SAMPLE})
    monkeypatch.setattr("analytics.kinds.aggregate.METRICS", registry.METRICS)
    cache().clear()
    with connected(warehouse=house):
        yield house
    house.close()


def stamp(tx, days):
    for tenant in (1, 2):
        touched = {"events": days, "mrr_movements": days}
        versions.bump(tx, tenant, touched, versions.newest(tx, tenant) + 1, now=naive_utc(NOW))


def ask(actor=ALICE, now=NOW, **query):
    return run(Aggregate(**query), actor, now)


MARCH = "2026-03-02~2026-03-08"


def test_a_total_and_its_ratio(desk):
    # tenant 1, 2–8 March: events 1, 2, 3, 7 = 4; users 1, 2 = 2; 4 / 2 = 2
    found = ask(metrics=("events", "people", "per_person"), period=MARCH)
    assert [found.value(name) for name in ("events", "people", "per_person")] == [4, 2, 2]


def test_buckets_without_events_are_there(desk):
    found = ask(metrics=("events", "per_person"), grain="day", period=MARCH)
    assert found.frame["events"].tolist() == [2, 1, 1, 0, 0, 0, 0]
    assert math.isnan(found.frame["per_person"].iloc[3])  # nobody: nothing can be said, not 0
    assert found.frame["bucket"].iloc[0] == pd.Timestamp("2026-03-02")


def test_distinct_people_are_not_the_sum_of_days(desk):
    found = ask(metrics=("people",), grain="day", period=MARCH)
    assert found.series("people").sum() == 3  # user 1 on two days, user 2 on one
    assert found.value("people") == 2


def test_unknown_is_one_slice_whether_null_or_blank(desk):
    found = ask(metrics=("events",), by=("country",), period="2026-03-01~2026-03-10")
    assert dict(zip(found.frame["country"], found.frame["events"], strict=True)) == {"FR": 3, "BE": 1, "": 2}


def test_a_running_sum_has_all_history_and_no_future(desk):
    # before: 1000; 3 March +500, 4 March +300, 8 March −200; the −1100 dated 25 March lies ahead
    found = ask(metrics=("mrr", "mrr_opening"), grain="day", period=MARCH)
    assert found.series("mrr").tolist() == [1000, 1500, 1800, 1800, 1800, 1800, 1600]
    assert found.series("mrr_opening").tolist() == [1000, 1000, 1500, 1800, 1800, 1800, 1800]
    assert found.value("mrr") == 1600
    assert ask(metrics=("mrr",), period="mtd").value("mrr") == 1600


def test_an_opening_total_is_the_sum_before_the_period(desk):
    assert ask(metrics=("mrr_opening",), period=MARCH).value("mrr_opening") == 1000


def test_a_running_sum_by_slice(desk):
    found = ask(metrics=("mrr",), by=("plan",), grain="week", period=MARCH)
    assert {(r.plan, r.mrr) for r in found.frame.itertuples()} == {("Pro", 1300), ("Team", 300)}


def test_filters_are_data(desk):
    assert ask(metrics=("events",), period=MARCH, filters=(Filter("is", "country", ("FR",)),)).value("events") == 3
    assert ask(metrics=("events",), period=MARCH, filters=(Filter("is_not", "country", ("FR",)),)).value("events") == 1
    hostile = Filter("is", "country", ("FR' OR 1=1 --",))
    assert ask(metrics=("events",), period=MARCH, filters=(hostile,)).value("events") == 0


@pytest.mark.parametrize(
    ("operator", "values", "expected"),
    [
        ("is", ("L",), 1),
        ("contains", ("l", "m"), 2),
        ("is_set", (), 2),
        ("is_not_set", (), 2),
        ("not_contains", ("l",), 3),
    ],
)
def test_properties_of_events(desk, operator, values, expected):
    found = ask(metrics=("events",), period=MARCH, filters=(Filter(operator, "property.size", values),))
    assert found.value("events") == expected


@pytest.mark.parametrize(
    ("operator", "bound", "expected"), [("gt", 9, 1), ("gte", 9, 2), ("lt", 10, 1), ("lte", 12.5, 2), ("gt", "abc", 0)]
)
def test_numbers_in_properties(desk, operator, bound, expected):
    found = ask(metrics=("events",), period=MARCH, filters=(Filter(operator, "property.price", (bound,)),))
    assert found.value("events") == expected


@pytest.mark.parametrize("key", ['a"b', "$.size", "size'; DROP TABLE events", "/size", "[0]", "\\", "é 🙂"])
def test_hostile_property_names_find_nothing_and_break_nothing(desk, key):
    found = ask(metrics=("events",), period=MARCH, filters=(Filter("is_set", f"property.{key}"),))
    assert found.value("events") == 0


def test_hours_in_tenant_time(desk):
    kolkata = replace(ALICE, tenant=replace(ACME, time_zone="Asia/Kolkata"))
    found = run(Aggregate(metrics=("events",), grain="hour", period="2026-03-02~2026-03-02"), kolkata, NOW)
    busy = found.frame[found.frame["events"] > 0]
    assert busy["bucket"].tolist() == [pd.Timestamp("2026-03-02 15:00"), pd.Timestamp("2026-03-02 16:00")]
    assert len(found.frame) == 24


def test_the_previous_period_is_the_same_question(desk):
    found = ask(metrics=("events",), grain="day", period="2026-03-04~2026-03-05", compare="previous")
    assert (found.value("events"), found.previous("events")) == (1, 3)
    assert found.change("events") == pytest.approx(-2 / 3)
    assert found.frame["events__previous"].tolist() == [2, 1]


def test_tiles_compare_only_totals(desk):
    found = ask(metrics=("events",), grain="day", period="2026-03-04~2026-03-05", compare="previous", previous_series=False)
    assert (found.value("events"), found.previous("events"), len(found.frame)) == (1, 3, 2)
    assert "events__previous" not in found.frame


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "UTC"])
def test_hours_of_day_are_those_of_the_wall_clock(desk, zone):
    """Every quarter of an hour of a year of clock changes, against the standard library."""
    tenant = replace(ACME, time_zone=zone)
    start = datetime(2025, 12, 31, tzinfo=UTC)
    instants = [start + timedelta(minutes=15 * i) for i in range(4 * 24 * 367)]
    expected = Counter(str(at.astimezone(tenant.zone).hour) for at in instants if at.astimezone(tenant.zone).year == 2026)
    rows = [{**event(n, at.replace(tzinfo=None), 1), "id": None, "day": at.astimezone(tenant.zone).date()} for n, at in enumerate(instants)]
    with desk.transaction() as tx:
        tx.execute(sa.delete(schema.events))
        tx.append("events", pa.Table.from_pylist([{**row, "id": UUID(int=row["seq"]).bytes} for row in rows]))
    late = datetime(2027, 6, 1, tzinfo=UTC)
    found = run(Aggregate(metrics=("events",), by=("hour_of_day",), period="2026-01-01~2026-12-31"), replace(ALICE, tenant=tenant), late)
    assert dict(zip(found.frame["hour_of_day"], found.frame["events"], strict=True)) == expected


def test_a_rate_changes_by_points(desk):
    assert ask(metrics=("share",), period="2026-03-04~2026-03-05", compare="previous").change("share") == -2


def test_nothing_before_means_no_change(desk):
    assert ask(metrics=("mrr",), period="2026-01-01~2026-01-19", compare="previous").change("mrr") is None


def test_a_period_to_date_compares_with_the_same_elapsed_part(desk):
    # Wednesday 4 March, 10:30: the week so far holds events 1, 2, 7, 3; seen from Monday 9 March, 09:30 UTC
    monday = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    found = ask(metrics=("events",), period="wtd", compare="previous", now=monday)
    assert found.previous("events") == 0  # Monday 2 March before 09:30
    later = ask(metrics=("events",), period="wtd", compare="previous", now=datetime(2026, 3, 9, 10, 30, tzinfo=UTC))
    assert later.previous("events") == 1


def test_an_unfinished_bucket_is_marked(desk):
    found = ask(metrics=("events",), grain="week", period="2026-03-04~2026-03-20")
    assert found.partial == {pd.Timestamp("2026-03-02"), pd.Timestamp("2026-03-09")}
    assert found.warned("partial")
    assert len(found.frame) == 2  # weeks that have not begun are not zeros


def test_an_empty_period_says_so(desk):
    found = ask(metrics=("events",), period="2025-01-01~2025-01-31")
    assert found.empty
    assert found.value("events") == 0


def test_a_filter_that_a_number_does_not_have_is_said(desk):
    found = ask(metrics=("events", "mrr"), period=MARCH, filters=(Filter("is", "plan", ("Pro",)),))
    assert found.value("mrr") == 1300
    assert found.value("events") is None
    assert found.warned("not_applicable")


def test_the_first_slices_and_a_word_on_the_rest(desk):
    found = ask(metrics=("events",), by=("country",), period="2026-03-01~2026-03-10", limit=1)
    assert found.frame["country"].tolist() == ["FR"]
    assert found.warned("truncated")


def test_order(desk):
    found = ask(metrics=("events",), by=("country",), period="2026-03-01~2026-03-10", order="country")
    assert found.frame["country"].tolist() == ["", "BE", "FR"]
    with pytest.raises(InvalidQuery, match="order"):
        ask(metrics=("events",), order="-magic", period=MARCH)


def test_an_amount_without_a_rate_is_refused_not_left_out(desk):
    with desk.transaction() as tx:
        tx.append("mrr_movements", pa.Table.from_pylist([{**move(5, None, "Pro"), "currency": "XOF"}]))
    found = ask(metrics=("rated", "rated_flow"), grain="day", period=MARCH)
    assert found.series("rated").tolist()[:3] == [1000, 1500, 1800]
    assert found.series("rated").isna().tolist() == [False] * 3 + [True] * 4  # from the change in XOF on, the sum is unknown
    assert found.series("rated_flow").isna().tolist() == [False, False, False, True, False, False, False]
    assert (found.value("rated"), found.value("rated_flow")) == (None, None)
    assert "XOF" in next(w.text.en for w in found.warnings if w.code == "no_rate")


def test_rights_are_asked_first(desk):
    with pytest.raises(Forbidden, match="read_kpi"):
        ask(metrics=("events",), actor=BOB)
    token = replace(ALICE, scopes=frozenset({Permission.READ_KPI}))
    assert ask(metrics=("events",), actor=token, period=MARCH).value("events") == 4
    with pytest.raises(Forbidden, match="read_money"):
        ask(metrics=("mrr",), actor=token)
    with pytest.raises(Forbidden, match="read_people"):
        ask(metrics=("events",), by=("user",), actor=token)


def test_tenants_never_meet(desk):
    assert ask(metrics=("events",), actor=CHARLIE, period="2026-03-01~2026-03-10").value("events") == 1
    assert ask(metrics=("events",), actor=ALICE, period="2026-03-01~2026-03-10").value("events") == 6


def test_what_does_not_exist_is_said(desk):
    with pytest.raises(InvalidQuery, match="metric"):
        ask(metrics=("magic",))
    with pytest.raises(InvalidQuery, match="dimension"):
        ask(metrics=("events",), by=("magic",))
    with pytest.raises(InvalidQuery, match="segment"):
        ask(metrics=("events",), segment="vip")


def test_an_answer_is_kept_until_its_days_change(desk):
    first = ask(metrics=("events",), period=MARCH)
    assert ask(metrics=("events",), period=MARCH).frame is first.frame
    with desk.transaction() as tx:
        tx.append("events", pa.Table.from_pylist([{**event(8, at(20), 5), "id": UUID(int=8).bytes}]))
        stamp(tx, {date(2026, 3, 20)})
    assert ask(metrics=("events",), period=MARCH).frame is first.frame  # another day was written
    with desk.transaction() as tx:
        tx.append("events", pa.Table.from_pylist([{**event(9, at(5), 5), "id": UUID(int=9).bytes}]))
        stamp(tx, {date(2026, 3, 5)})
    assert ask(metrics=("events",), period=MARCH).value("events") == 5


def test_when_the_warehouse_is_away_the_last_good_answer_says_so(desk, monkeypatch):
    good = ask(metrics=("events",), period=MARCH)

    def away(*_args, **_more):
        raise WarehouseUnavailable("gone")

    monkeypatch.setattr(versions, "latest", away)
    again = ask(metrics=("events",), period=MARCH)
    assert again.value("events") == good.value("events")
    assert "2026-03-11 12:00" in next(w.text.en for w in again.warnings if w.code == "last_good")
    with pytest.raises(WarehouseUnavailable):
        ask(metrics=("people",), period=MARCH)  # never asked before
    with pytest.raises(WarehouseUnavailable):
        ask(metrics=("events",), period=MARCH, actor=CHARLIE)  # another tenant's answer is not hers


def test_the_sql_is_kept_with_the_answer(desk):
    found = ask(metrics=("events",), period=MARCH)
    assert "events" in found.sql[0]
    assert "tenant" in found.sql[0]
