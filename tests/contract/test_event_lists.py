"""Posting lists answer what the events themselves answer: after every kind of write, behind, merged, torn, and rebuilt; on every engine."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import log_parts
from analytics.filters import Filter
from analytics.kinds.funnel_query import Funnel, FunnelExclusion, FunnelStep
from analytics.kinds.paths import Item, Paths
from analytics.lists import coverage as coverages
from analytics.lists.coverage import coverage
from analytics.matching import Matcher
from analytics.where import Where
from data_access.errors import QueryBudgetExceeded
from data_access.schema import events
from ingest.lists import check, keep, keeping, merge
from ingest.writer import BatchWriter
from tests.contract.shapes_desk import NOW, company
from tests.contract.test_shapes import house  # noqa: F401 - the fixture

START = datetime(2026, 3, 28, 20, 0)
PERIOD = "2026-03-28~2026-03-30"
FEW = settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)


def steps(*names, **more):
    return tuple(FunnelStep(event=name, **more) for name in names)


def funnel(*names, **more):
    return Funnel(**{"steps": steps(*names), "window": 6, "window_unit": "second", "period": PERIOD} | more)


ON_PHONE = Where(type="or", values=(Filter("is", "device", ("phone",)), Filter("is", "person.plan", ("pro",))))
QUESTIONS = (
    funnel("a", "b", "c"),
    funnel("a", "b", by=("person.plan",)),
    funnel("a", "b", "b", by=("device",), attribution="last", view="trend"),
    funnel("a", "b", by=("device", "country"), attribution="all"),
    funnel("a", "b", by=("page",), attribution="step", attribution_step=1, value=True),
    funnel("a", "c", order="strict", hold="device"),
    funnel("b", "a", order="unordered", entry="first_in_period", where=ON_PHONE),
    funnel("a", "b", exclusions=(FunnelExclusion(event="x"),), entry="first_ever", filters=(Filter("is_not", "country", ("FR", "")),)),
    Funnel(
        steps=(FunnelStep(event="a", where=ON_PHONE), FunnelStep(any_of=({"event": "b"}, {"event": "c"}))), period=PERIOD, view="histogram"
    ),
    Funnel(steps=(FunnelStep(), FunnelStep(event="c")), since="2026-03-28T20:00:02Z", until="2026-03-28T20:00:06Z", period=PERIOD),
    Paths(items=(Item(event="a", by="path"),), gap_seconds=4, limit=1000, period=PERIOD),
    Paths(events=(Matcher(event="a"), Matcher(event="b")), items=(Item(event="a", by="person.plan"),), end="pro", period=PERIOD),
)

EVENTS = st.builds(
    dict,
    user_id=st.sampled_from(["ann", "bob", "cat", "anon"]),
    ts=st.integers(0, 9).map(lambda s: START + timedelta(seconds=s)),
    name=st.sampled_from(["a", "b", "c", "x"]),
    device=st.sampled_from(["phone", "desk", None, ""]),
    country=st.sampled_from(["FR", "BE", None]),
    page=st.sampled_from(["Home", None]),
    path=st.sampled_from(["/", "/x/", None]),
    value_minor=st.sampled_from([None, 100, 250]),
)
DOINGS = st.one_of(st.lists(EVENTS, min_size=1, max_size=6), st.sampled_from(["extend", "merge", "plan", "rebuild"]))


def events_of(rows):
    table = pa.Table.from_pylist([{"id": uuid4().bytes, "currency": "EUR", **row} for row in rows])
    return table.set_column(table.column_names.index("id"), "id", table["id"].cast(pa.binary(16)))


def do(at, doing):
    writer = BatchWriter(at.warehouse, at.tenant)
    if doing == "extend":
        keep.extend(at.warehouse, at.tenant)
    elif doing == "rebuild":
        keep.rebuild(at.warehouse, at.tenant)
    elif doing == "merge":
        writer.write({"aliases": pa.table({"external_id": ["anon"], "user_id": ["ann"]})}, NOW)
    elif doing == "plan":
        writer.write({"users": pa.table({"external_id": ["bob"], "plan": ["pro"]})}, NOW)
    else:
        writer.write({"events": events_of(doing)}, NOW)


def answers(at, *, lists):
    with pytest.MonkeyPatch.context() as patch:
        if not lists:
            patch.setattr(log_parts, "coverage", lambda *_: None)
        return [at.ask(query) for query in QUESTIONS]


def agree(at):
    listed, raw = answers(at, lists=True), answers(at, lists=False)
    for query, one, other in zip(QUESTIONS, listed, raw, strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame, obj=json.dumps(query.model_dump(mode="json"))[:300])
        assert one.totals == other.totals
    assert check.differences(at.warehouse, at.tenant) == []


@FEW
@given(st.lists(EVENTS, min_size=1, max_size=8), st.lists(DOINGS, max_size=6))
def test_whatever_was_written_lists_answer_as_the_events(house, first, doings):  # noqa: F811
    at = company(house, [])
    do(at, first)
    do(at, "extend")
    for doing in doings:
        do(at, doing)
    assert coverage(at.warehouse, at.tenant) is not None
    agree(at)


LOG = [
    {"user_id": user, "ts": START + timedelta(seconds=second), "name": name, "device": device}
    for second, (user, name, device) in enumerate(
        [("ann", "a", "phone"), ("bob", "a", None), ("ann", "b", "desk"), ("bob", "b", "desk"), ("ann", "c", None), ("cat", "a", "phone")]
    )
]


@pytest.fixture
def shop(warehouse):
    at = company(warehouse, [])
    do(at, LOG)
    return at


def files(at):
    return sorted(at.warehouse.beside.glob("*.lists"))


def test_a_torn_file_is_left_aside_and_written_again(shop):
    keep.rebuild(shop.warehouse, shop.tenant)
    assert coverage(shop.warehouse, shop.tenant).upto > 0
    (file,) = files(shop)
    whole = file.read_bytes()
    file.unlink()  # a mapped file may not shrink under its readers
    file.write_bytes(whole[: len(whole) // 2])
    reopened = company(shop.warehouse, [])  # another tenant's look-ups do not hide the torn file
    assert coverage(shop.warehouse, reopened.tenant) is None
    forget_open_files(shop)
    assert coverage(shop.warehouse, shop.tenant) is None
    agree(shop)
    keep.extend(shop.warehouse, shop.tenant)
    assert coverage(shop.warehouse, shop.tenant) is not None
    agree(shop)


def forget_open_files(at):
    coverages._open.pop(at.warehouse, None)


def test_a_missing_file_or_another_time_zone_is_no_coverage(shop):
    keep.rebuild(shop.warehouse, shop.tenant)
    moved = shop.tenant.__class__(**{**shop.tenant.__dict__, "time_zone": "Asia/Tokyo"})
    assert coverage(shop.warehouse, moved) is None
    files(shop)[0].unlink()
    forget_open_files(shop)
    assert coverage(shop.warehouse, shop.tenant) is None
    agree(shop)


def test_a_crash_between_file_and_warehouse_leaves_the_lists_as_they_were(shop, monkeypatch):
    keep.rebuild(shop.warehouse, shop.tenant)
    before = coverage(shop.warehouse, shop.tenant).upto
    do(shop, [{"user_id": "cat", "ts": START, "name": "b"}])
    monkeypatch.setattr(keep, "_settle", lambda *_: 1 / 0)  # the last thing that the transaction does
    with pytest.raises(ZeroDivisionError):
        keep.extend(shop.warehouse, shop.tenant)
    assert coverage(shop.warehouse, shop.tenant).upto == before
    assert len(files(shop)) == 2
    agree(shop)
    monkeypatch.undo()
    keep.rebuild(shop.warehouse, shop.tenant)
    assert len(files(shop)) == 1  # what the crash left is gone too


def test_small_files_become_one_and_say_the_same_as_lists_made_at_once(shop, monkeypatch):
    monkeypatch.setattr(merge, "FAN", 3)
    keep.rebuild(shop.warehouse, shop.tenant)
    for second in range(4):
        do(
            shop,
            [
                {"user_id": user, "ts": START + timedelta(seconds=second), "name": "b", "value_minor": 5, "currency": "EUR"}
                for user in ("ann", "new")
            ],
        )
        do(shop, "extend")
    do(shop, "merge")
    do(shop, "extend")
    assert len(coverage(shop.warehouse, shop.tenant).parts) < 6
    assert len(files(shop)) == len(coverage(shop.warehouse, shop.tenant).parts)
    agree(shop)
    joined = answers(shop, lists=True)
    keep.rebuild(shop.warehouse, shop.tenant)
    assert len(files(shop)) == 1
    for one, other in zip(joined, answers(shop, lists=True), strict=True):
        pd.testing.assert_frame_equal(one.frame, other.frame)


def test_events_with_numbers_of_their_own_are_not_missed(shop):
    keep.rebuild(shop.warehouse, shop.tenant)
    late = events_of([{"user_id": "bob", "ts": START + timedelta(seconds=9), "name": "c"}])
    BatchWriter(shop.warehouse, shop.tenant).write({"events": late.append_column("seq", pa.array([1]))}, NOW)
    assert coverage(shop.warehouse, shop.tenant) is None
    agree(shop)


def test_the_writer_keeps_lists_once_enough_has_arrived(shop, monkeypatch):
    monkeypatch.setattr(keeping, "TAIL", 2)
    do(shop, LOG[:1])
    do(shop, LOG[1:3])
    held = coverage(shop.warehouse, shop.tenant)
    do(shop, LOG[3:4])
    assert coverage(shop.warehouse, shop.tenant).upto == held.upto
    BatchWriter(shop.warehouse, shop.tenant).rebuild(NOW)
    assert coverage(shop.warehouse, shop.tenant).upto > held.upto
    agree(shop)


def test_verify_says_what_lists_say_otherwise(shop):
    keep.rebuild(shop.warehouse, shop.tenant)
    with shop.warehouse.transaction() as tx:  # behind the writer's back
        tx.execute(sa.update(events).where(events.c.name == "c").values(device="tv"))
    (line,) = check.differences(shop.warehouse, shop.tenant)
    assert line.startswith("c: lists hold 1 events")


def test_a_question_too_large_stops_between_parts(shop, monkeypatch):
    keep.rebuild(shop.warehouse, shop.tenant)
    monkeypatch.setattr(log_parts, "monotonic", lambda: float("inf"))
    with pytest.raises(QueryBudgetExceeded):
        shop.ask(QUESTIONS[0])


def test_one_person_with_very_many_events_all_at_one_time(warehouse):
    at, count = company(warehouse, []), 20_000
    rows = {
        "id": pa.array([uuid4().bytes for _ in range(count)], pa.binary(16)),
        "user_id": ["ann"] * count,
        "name": ["a", "b"] * (count // 2),
        "ts": pa.array([START] * count, pa.timestamp("us")),
    }
    BatchWriter(warehouse, at.tenant).write({"events": pa.table(rows)}, NOW)
    keep.rebuild(warehouse, at.tenant)
    for query, people in ((funnel("a", "b"), [1, 1]), (funnel("a", "b", order="strict"), [1, 1]), (funnel("a", "a"), [1, 0])):
        assert at.ask(query).frame["people"].tolist() == people
