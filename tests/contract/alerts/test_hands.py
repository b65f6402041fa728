"""What people do with alerts, on both stores: who may, what it changes, and what the timeline remembers."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from alerts import hands
from alerts.hands import Hand, NotFound, NotNow, Quiet
from analytics.run import Forbidden
from data_access.store import alerts, outbox
from tests.contract.alerts.test_engine import MINUTE, START, look, rows, watched  # noqa: F401


@pytest.fixture
def fired(store, alice, watched):  # noqa: F811
    """An alert that fires, and the hand of the administrator on it."""
    look(store, alice.tenant, START, _=9)
    [(identity,)] = rows(store, alerts, "id")
    return Hand(alice, (identity,), START + MINUTE)


def told(store, hand):
    return [(step["what"], step["actor"], step["reason"]) for step in hands.timeline(store, hand.actor, hand.alerts[0]) if step["actor"]]


def test_an_alert_from_hand_to_hand(store, people, fired):
    hands.acknowledge(store, fired, "on it", START + timedelta(hours=2))
    hands.assign(store, fired, people["alice"].id)
    hands.comment(store, fired, "the provider is down")
    hands.tick(store, fired, "read", done=True)
    hands.resolve(store, fired, "fixed", "they are back")
    alice = people["alice"].id
    assert told(store, fired) == [
        ("hand", alice, "acknowledged: on it"),
        ("hand", alice, "assigned to Alice"),
        ("comment", alice, "the provider is down"),
        ("hand", alice, "done: read"),
        ("hand", alice, "resolved: fixed: they are back"),
    ]
    assert rows(store, alerts, "state", "resolution", "note", "assigned_to", "version") == [
        ("resolved", "fixed", "they are back", alice, 5)
    ]


def test_resolved_by_hand_stays_resolved_while_the_breach_goes_on(store, alice, fired):
    hands.resolve(store, fired, "expected")
    look(store, alice.tenant, START + 2 * MINUTE, _=9)
    assert [state for (state,) in rows(store, alerts, "state")] == ["resolved"]
    look(store, alice.tenant, START + 3 * MINUTE, _=0)
    look(store, alice.tenant, START + 4 * MINUTE, _=9)
    assert sorted(state for (state,) in rows(store, alerts, "state")) == ["firing", "resolved"]


def test_an_acknowledged_alert_resolves_by_itself(store, alice, fired):
    hands.acknowledge(store, fired)
    look(store, alice.tenant, START + 2 * MINUTE, _=9)
    assert rows(store, alerts, "state") == [("acknowledged",)]
    look(store, alice.tenant, START + 3 * MINUTE, _=0)
    assert rows(store, alerts, "state") == [("resolved",)]


def test_an_acknowledgement_can_be_taken_back(store, fired):
    hands.acknowledge(store, fired)
    hands.release(store, fired)
    assert rows(store, alerts, "state", "acknowledged_by") == [("firing", None)]


def test_a_silence_marks_what_fires_and_holds_back_what_comes(store, alice, fired, watched):  # noqa: F811
    before = len(rows(store, outbox, "id"))
    made = hands.silence(store, fired, Quiet({"rule": watched.slug}, START, START + timedelta(hours=1), "release"))
    assert rows(store, alerts, "state") == [("silenced",)]
    look(store, alice.tenant, START + 2 * MINUTE, _=9, other=9)
    assert {state for (state,) in rows(store, alerts, "state")} == {"silenced"}
    assert len(rows(store, outbox, "id")) == before
    hands.unsilence(store, alice, made, START + 3 * MINUTE)
    with pytest.raises(NotFound):
        hands.unsilence(store, alice, made, START + 3 * MINUTE)


@pytest.mark.parametrize("ends", [-1, 0])
def test_a_silence_must_end_later(store, fired, ends):
    with pytest.raises(ValueError, match="must end after"):
        hands.silence(store, fired, Quiet({}, START, START + ends * MINUTE))


def test_all_or_none(store, fired):
    with pytest.raises(NotFound):
        hands.resolve(store, Hand(fired.actor, (*fired.alerts, "f" * 32), fired.now), "fixed")
    assert rows(store, alerts, "state") == [("firing",)]


def test_what_is_over_is_past_that(store, fired):
    hands.resolve(store, fired, "fixed")
    for verb in (hands.acknowledge, hands.release):
        with pytest.raises(NotNow, match="the alert is resolved"):
            verb(store, fired)
    hands.judge(store, fired, false_positive=True)
    assert rows(store, alerts, "resolution") == [("false_positive",)]


@pytest.mark.parametrize("who", ["bob", "charlie"])
def test_who_may_not_or_is_of_another_tenant_changes_nothing(store, people, fired, who):
    hand, quiet = Hand(people[who], fired.alerts, fired.now), Quiet({}, START, START + 5 * MINUTE)
    verbs = (
        lambda: hands.acknowledge(store, hand),
        lambda: hands.release(store, hand),
        lambda: hands.assign(store, hand, None),
        lambda: hands.comment(store, hand, "x"),
        lambda: hands.resolve(store, hand, "fixed"),
        lambda: hands.judge(store, hand, false_positive=True),
        lambda: hands.tick(store, hand, "read", done=True),
        lambda: hands.silence(store, hand, quiet),
        lambda: hands.timeline(store, people[who], fired.alerts[0]),
    )
    for verb in verbs:
        with pytest.raises((NotFound, Forbidden)):
            verb()
    assert rows(store, alerts, "state", "version") == [("firing", 1)]


def test_nobody_of_another_tenant_is_assigned(store, people, fired):
    with pytest.raises(NotFound):
        hands.assign(store, fired, people["charlie"].id)


def test_sql_in_a_note_is_a_note(store, fired):
    hostile = "'); DROP TABLE alerts; --"
    hands.acknowledge(store, fired, hostile)
    assert rows(store, alerts, "note") == [(hostile,)]
    assert sa.inspect(store).has_table("alerts")
