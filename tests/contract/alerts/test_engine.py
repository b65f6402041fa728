"""The engine as a timeline, on both stores: what stands, what is told, by whom it may be written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from alerts import book
from alerts.engine.claim import LEASE, claim
from alerts.engine.evaluate import Evaluation, decide
from alerts.engine.record import known, record
from alerts.looking import Look
from alerts.routing import Route, Routing
from alerts.rule import rule_from_json
from alerts.state import Reading
from data_access.store import alert_steps, alerting, alerts, channels, outbox, reading, silences, writing

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def rule(**more):
    watched = {"query": {"kind": "aggregate", "metrics": ["failed_payments"]}, "value": "failed_payments"}
    plain = {"name": "Card failures", "watched": watched, "condition": {"kind": "threshold", "limit": 3}, "every": "* * * * *"}
    return rule_from_json({**plain, "severity": "critical", **more})


@pytest.fixture
def watched(store, alice):
    """A critical rule, and a channel of each kind that such a rule tells."""
    with writing(store) as tx:
        for kind in ("email", "slack", "sms"):
            row = {"id": kind, "tenant": 1, "kind": kind, "name": kind, "settings": "", "enabled": True, "version": 1}
            tx.execute(sa.insert(channels).values(**row, created_at=START, updated_at=START))
    return book.add(store, alice, rule(), START)


def look(store, tenant, at, **values):
    """One turn at `at`, in which each series has that value; the limit is 3."""
    [held] = claim(store, at)
    seen = {name.strip("_"): Look(at, Reading.BREACH if value > 3 else Reading.CLEAR, value, 3) for name, value in values.items()}
    with reading(store) as tx:
        before = known(tx, held.kept.id)
    evaluation = Evaluation(at, seen)
    return record(store, held, tenant, evaluation=evaluation, decisions=decide(before, evaluation, held.kept.rule.policy))


def rows(store, table, *columns):
    with reading(store) as tx:
        return [tuple(row) for row in tx.execute(sa.select(*(table.c[name] for name in columns)).order_by(table.c.id))]


def test_an_incident_from_its_first_sign_to_its_end(store, alice, watched):
    tenant = alice.tenant
    assert look(store, tenant, START, _=2).fired == 0
    assert look(store, tenant, START + MINUTE, _=7).fired == 1
    assert look(store, tenant, START + 2 * MINUTE, _=9).fired == 0
    assert look(store, tenant, START + 3 * MINUTE, _=1).resolved == 1
    [(state, value, started, fired, resolved)] = rows(store, alerts, "state", "value", "started_at", "fired_at", "resolved_at")
    assert (state, value, started, fired, resolved) == ("resolved", 1, START + MINUTE, START + MINUTE, START + 3 * MINUTE)
    assert [what for (what,) in rows(store, alert_steps, "what")] == 2 * ["transition", "routed", "grouped", "throttled"]


def test_everything_of_a_group_is_one_message_a_channel(store, alice, watched):
    told = look(store, alice.tenant, START, **{f"series{n}": 9 for n in range(40)})
    assert (told.fired, told.messages) == (40, 2)  # critical: e-mail and Slack
    assert {(channel, len(message["alerts"])) for channel, message in rows(store, outbox, "channel", "message")} == {
        ("email", 40),
        ("slack", 40),
    }
    look(store, alice.tenant, START + MINUTE, series0=1)  # the others are absent: all resolve, into the waiting messages
    assert {len(message["alerts"]) for (message,) in rows(store, outbox, "message")} == {80}


def test_a_group_that_was_told_waits_for_its_interval(store, alice, watched):
    look(store, alice.tenant, START, _=9)
    with writing(store) as tx:
        tx.execute(sa.update(outbox).values(state="sent"))
    look(store, alice.tenant, START + MINUTE, _=1)
    due = {at for (at,) in rows(store, outbox, "due_at")}
    assert due == {START + timedelta(seconds=10), START + timedelta(seconds=10 + 300)}


def test_a_breach_that_never_fired_leaves_nothing(store, alice):
    book.add(store, alice, rule(pending_minutes=5), START)
    look(store, alice.tenant, START, _=9)
    assert rows(store, alerts, "state") == [("pending",)]
    look(store, alice.tenant, START + MINUTE, _=0)
    assert rows(store, alerts, "state") == []
    assert rows(store, outbox, "id") == []


def test_the_silenced_are_recorded_and_told_to_nobody(store, alice, watched):
    kept = {"id": "s" * 32, "tenant": 1, "matcher": {"rule": watched.slug}, "author": alice.id, "comment": "release", "created_at": START}
    with writing(store) as tx:
        tx.execute(sa.insert(silences).values(**kept, starts_at=START, ends_at=START + 5 * MINUTE))
    look(store, alice.tenant, START, _=9)
    assert rows(store, alerts, "state") == [("silenced",)]
    assert rows(store, outbox, "id") == []
    assert ("silenced", "silence ssssssss: release") in rows(store, alert_steps, "what", "reason")


def test_what_explains_another_alert_holds_it_back(store, alice):
    book.add(store, alice, rule(name="Database down", severity="emergency", labels={"area": "payments"}), START)
    look(store, alice.tenant, START, _=9)
    with writing(store) as tx:
        tx.execute(sa.update(book.rules).values(enabled=False))
    book.add(store, alice, rule(name="Slow", severity="warning", labels={"area": "payments"}), START + MINUTE)
    look(store, alice.tenant, START + MINUTE, _=9)
    assert [what for (what,) in rows(store, alert_steps, "what")][-1] == "inhibited"


def test_the_tenants_own_routes_come_before_the_default(store, alice, watched):
    with writing(store) as tx:
        own = Routing(route=Route(channels=("sms",), wait_seconds=0)).model_dump(mode="json")
        tx.execute(sa.insert(alerting).values(tenant=1, definition=own, version=1, updated_at=START, updated_by="x"))
    look(store, alice.tenant, START, _=9)
    assert rows(store, outbox, "channel", "due_at") == [("sms", START)]


def test_a_rule_has_one_taker_until_its_lease_ends(store, alice, watched):
    assert len(claim(store, START)) == 1
    assert claim(store, START + MINUTE) == []
    assert len(claim(store, START + LEASE + MINUTE)) == 1


@pytest.mark.parametrize("meanwhile", ["taken over", "changed"])
def test_what_a_late_worker_decided_is_not_written(store, alice, watched, meanwhile):
    [late] = claim(store, START)
    if meanwhile == "changed":
        book.change(store, alice, watched, START, rule=rule(severity="warning"))
    else:
        claim(store, START + LEASE + MINUTE)
    evaluation = Evaluation(START, {"": Look(START, Reading.BREACH, 9, 3)})
    assert record(store, late, alice.tenant, evaluation=evaluation, decisions=decide({}, evaluation, late.kept.rule.policy)) is None
    assert rows(store, alerts, "id") == []
    assert rows(store, outbox, "id") == []


def test_a_question_that_fails_is_recorded_and_keeps_what_stands(store, alice, watched):
    look(store, alice.tenant, START, _=9)
    [held] = claim(store, START + MINUTE)
    with reading(store) as tx:
        before = known(tx, held.kept.id)
    evaluation = Evaluation(START + MINUTE, {}, "WarehouseUnavailable: gone")
    record(store, held, alice.tenant, evaluation=evaluation, decisions=decide(before, evaluation, held.kept.rule.policy))
    kept = book.found(store, alice, watched.id)
    assert (kept.last_outcome, kept.last_error) == ("failed", "WarehouseUnavailable: gone")
    assert rows(store, alerts, "state") == [("firing",)]
