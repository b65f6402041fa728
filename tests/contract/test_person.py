"""One person: profile, days and timeline, on a few facts drawn by hand; on every engine."""

from __future__ import annotations

from datetime import datetime

import pytest

from analytics.kinds.person_query import Person
from analytics.query import InvalidQuery
from analytics.run import Forbidden
from tests.contract.test_identity import Desk, event, fact


def at(day, hour=0, minute=0):
    return datetime(2026, 3, day, hour, minute)


@pytest.fixture
def desk(warehouse):
    desk = Desk(warehouse)
    made = {"provider": "acme", "model": "m1", "currency": "EUR"}
    desk.write(
        users=[{"external_id": "ann", "name": "Ann", "email": "ann@x.test", "properties": '{"seat": 3}', "account_id": "north"}],
        events=[
            event("ann", at(2, 10), "page_view"),
            event("ann", at(2, 10, 5), "document_exported"),
            event("ann", at(9, 8), "support_ticket_created"),
            event("bob", at(2, 10), "page_view"),
        ],
        payments=[
            fact("ann", at(2, 10, 5), type="captured", amount_minor=1500, currency="EUR", method="card", decline_code=None),
            fact("ann", at(3), type="failed", amount_minor=1500, currency="EUR", decline_code="expired_card"),
            fact("ann", at(4), type="refunded", amount_minor=500, currency="EUR"),
        ],
        ai_generations=[
            fact("ann", at(9, 8, 1), status="ok", input_tokens=10, output_tokens=5, cost_minor=2, latency_ms=100.0, **made),
            fact("ann", at(9, 8, 2), status="error", input_tokens=4, output_tokens=0, cost_minor=1, latency_ms=300.0, **made),
        ],
    )
    desk.pair("anon", "ann", events=[event("anon", at(1), "page_view")])
    return desk


def test_a_profile_in_numbers(desk):
    found = desk.ask(Person(id="ann"))
    expected = {
        "events": 4, "active_days": 3, "sessions": 3, "page_views": 2, "revenue": 1000, "payments": 1, "payments_failed": 1,
        "generations": 2, "tokens": 19, "ai_cost": 3, "ai_latency": 200, "ai_errors": 0.5, "exports": 1, "tickets": 1, "shares": 0,
    }  # fmt: skip
    assert {name: found.value(name) for name in expected} == expected
    assert found.value("rating") is None
    who = found.extra["profile"]
    assert (who["name"], who["email"], who["properties"], who["ids"]) == ("Ann", "ann@x.test", {"seat": 3}, ["ann", "anon"])
    assert (who["account"], who["identified"]) == ("north", True)
    assert desk.ask(Person(id="ann", period="2026-03-02~2026-03-08")).value("events") == 2
    days = desk.ask(Person(id="ann", view="days")).frame
    assert [(row.bucket.day, row.events) for row in days.itertuples()] == [(1, 1), (2, 2), (9, 1)]


def test_any_id_leads_to_the_person_and_no_other_does(desk):
    assert desk.ask(Person(id="anon")).extra["profile"]["external_id"] == "ann"
    with pytest.raises(InvalidQuery, match="nobody is known as “ANN”"):
        desk.ask(Person(id="ANN"))
    with pytest.raises(InvalidQuery, match="nobody is known"):
        Desk(desk.warehouse).ask(Person(id="ann"))  # another company
    with pytest.raises(Forbidden):
        desk.company.ask(Person(id="ann"), roles=frozenset({"executive"}))


def told(found):
    return [(row["what"], row["title"]) for row in found.frame.to_dict("records")]


WHOLE = [
    ("generation", "acme · m1"),
    ("generation", "acme · m1"),
    ("event", "support_ticket_created"),
    ("payment", "refunded"),
    ("payment", "failed"),
    ("event", "document_exported"),  # of one instant events come first
    ("payment", "captured"),
    ("event", "page_view"),
    ("event", "page_view"),
]


def test_the_timeline_newest_first(desk):
    found = desk.ask(Person(id="ann", view="timeline"))
    assert told(found) == WHOLE
    assert found.extra["next"] is None
    rows = found.frame.set_index(["what", "title"])
    assert rows.loc[("payment", "failed"), "detail"] == "expired_card"
    assert bool(rows.loc[("payment", "failed"), "bad"])
    assert rows.loc[("payment", "captured"), "amount"] == 1500
    assert {int(one["events"]) for one in found.extra["sessions"].values()} == {1, 2}


def test_pages_make_the_same_timeline(desk):
    size, pages, place = 2, [], (None, 0)
    while place is not None:
        found = desk.ask(Person(id="ann", view="timeline", limit=size, before=place[0], skip=place[1]))
        pages += told(found)
        place = found.extra["next"]
    assert pages == WHOLE


def test_many_events_of_one_instant_are_paged_too(desk):
    desk.write(events=[event("ann", at(20), f"e{i}") for i in range(50)])
    seen, place = [], (None, 0)
    while place is not None:
        found = desk.ask(Person(id="ann", view="timeline", what=("event",), limit=20, before=place[0], skip=place[1]))
        seen += [title for _, title in told(found)]
        place = found.extra["next"]
    assert len(seen) == 54
    assert {f"e{i}" for i in range(50)} < set(seen)


def test_a_person_is_not_filtered():
    with pytest.raises(ValueError, match="not filtered"):
        Person(id="ann", filters=(("is", "country", ["FR"]),))
    with pytest.raises(ValueError, match="only the timeline"):
        Person(id="ann", skip=3)
