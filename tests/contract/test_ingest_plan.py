"""The tracking plan against what is sent: kept, flagged, counted; never refused."""

from __future__ import annotations

import asyncio
from datetime import date

import orjson
import pytest

from data_access import schema
from data_access.clock import utc_now
from ingest.plan import BadPlan, Planned, Property, rows
from ingest.plan.check import flagged, problems
from ingest.plan.infer import inferred
from ingest.plan.volumes import sources
from tests.unit.ingest_live.running import running

EVENTS = "/api/v1/events"
BOUGHT = Planned("bought", "Paid for a plan", "growth", "active", (Property("plan", "text", True), Property("seats", "whole")))
PLAN = {"bought": BOUGHT, "old": Planned("old", status="deprecated"), "soon": Planned("soon", "", "", "draft", BOUGHT.properties)}


@pytest.mark.parametrize(
    ("name", "properties", "wrong"),
    [
        ("bought", {"plan": "pro", "seats": 3}, []),
        ("bought", {"plan": "pro", "seats": 3.0, "more": 1}, []),
        ("bought", {"seats": 3.5}, [("plan", "missing"), ("seats", "type")]),
        ("bought", {"plan": None, "seats": True}, [("plan", "missing"), ("seats", "type")]),
        ("old", {}, [("", "deprecated")]),
        ("soon", {}, []),
        ("else", {}, [("", "unplanned")]),
    ],
)
def test_what_is_wrong_with_an_event(name, properties, wrong):
    assert problems(PLAN, name, properties) == wrong


def test_columns_of_an_event_count_as_its_properties():
    plan = {"page_view": Planned("page_view", properties=(Property("page", "text", True),))}
    good, bad = {"name": "page_view", "page": "Home"}, {"name": "page_view", "properties": '{"x":1}'}
    assert flagged(good, plan) == []
    assert "properties" not in good
    assert flagged(bad, plan) == [("page", "missing")]
    assert orjson.loads(bad["properties"]) == {"x": 1, "$flags": ["missing"]}


def test_without_a_plan_nothing_is_wrong():
    assert problems({}, "else", {}) == []


@pytest.mark.parametrize(
    "bad",
    [Planned(""), Planned("x", status="maybe"), Planned("x", properties=(Property("a"), Property("a"))),
     Planned("x", properties=(Property("a", "colour"),))],
)  # fmt: skip
def test_a_bad_plan_is_refused_in_words(bad):
    with pytest.raises(BadPlan):
        bad.checked()


def test_events_that_break_the_plan_are_kept_flagged_and_counted(warehouse, tmp_path):
    sent = [
        {"id": "1", "name": "bought", "user_id": "u", "properties": {"plan": "pro", "seats": 2}},
        {"id": "2", "name": "bought", "user_id": "u", "properties": {"seats": "two"}},
        {"id": "3", "name": "elsewhere", "user_id": "u", "properties": {"colour": "red"}},
        {"name": 5.5},
    ]

    async def story():
        async with running(warehouse, tmp_path) as here:
            rows.save(here.store, 1, BOUGHT, by="ann@acme.test", now=utc_now())
            answer = await here.post(EVENTS, sent)
            assert answer.json()["data"]["accepted"] == 3
            await here.drained()
            here.collector._drain._around.tally.keep(utc_now())
            counted = rows.violations(here.store, 1, date(2000, 1, 1))
            return here.rows(schema.events), counted, sources(here.store, 1, utc_now()), inferred(warehouse, 1, "elsewhere")

    events, counted, volumes, planned = asyncio.run(story())
    flags = {name: orjson.loads(p).get("$flags") for name, p in zip(events["name"], events["properties"], strict=True) if "two" not in p}
    assert flags == {"bought": None, "elsewhere": ["unplanned"]}
    assert sorted((v.event, v.property, v.problem, v.events) for v in counted) == [
        ("bought", "plan", "missing", 1),
        ("bought", "seats", "type", 1),
        ("elsewhere", "", "unplanned", 1),
    ]
    # Three events, and one that could not be kept.
    assert [(v.source, v.rows, v.quarantined) for v in volumes] == [("vigie", 3, 1)]
    assert planned.properties == (Property("colour", "text", True),)
    assert planned.status == "draft"
