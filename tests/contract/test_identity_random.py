"""Random logs with identities in any order and any batches: the product against a slow reading of what was said; on every engine."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.kinds.aggregate import Aggregate
from data_access.schema import aliases, events, sessions
from ingest.verify import differences
from tests.contract.test_identity import NOW, Desk

IDS = ("a1", "a2", "a3", "u1", "u2")
START = datetime(2026, 3, 27, 22)  # over the night of a change of clocks
GAP = timedelta(minutes=30)
event = st.tuples(st.sampled_from(IDS), st.integers(0, 40))  # who, in steps of a quarter of an hour
pair = st.tuples(st.sampled_from(IDS), st.sampled_from(IDS), st.sampled_from(("identify", "alias"))).filter(lambda p: p[0] != p[1])
batches = st.lists(st.tuples(st.lists(pair, max_size=2), st.lists(event, max_size=6)), min_size=1, max_size=4)


def moment(step):
    return START + timedelta(minutes=15 * step)


def told(log):
    """Ids in groups, each one person, by reading statements one after the other; a batch's statements come before its events."""
    person, identified = {}, set()
    for said, done in log:
        for known_as, user, how in said:
            old, new = person.get(known_as), person.get(user)
            if old is not None and old in identified and how == "identify":
                person.setdefault(user, object())
            elif new is None:
                person[user] = old if old is not None else object()
                person[known_as] = person[user]
            elif old is None:
                person[known_as] = new
            elif old is not new:
                person = {name: new if who is old else who for name, who in person.items()}
            identified.add(person[user])
        for who, _ in done:
            person.setdefault(who, object())
    return person


def visits(log, person):
    """(first, last, how many) of every run of one person's events without a longer pause."""
    times = {}
    for _, done in log:
        for who, step in done:
            times.setdefault(person[who], []).append(moment(step))
    found = []
    for moments in times.values():
        moments.sort()
        run = [moments[0]]
        for at in moments[1:]:
            if at - run[-1] > GAP:
                found.append((run[0], run[-1], len(run)))
                run = []
            run.append(at)
        found.append((run[0], run[-1], len(run)))
    return sorted(found)


def write(desk, log):
    number = 0
    for said, done in log:
        tables = {}
        if said:
            tables["aliases"] = [{"external_id": a, "user_id": u, "how": how, "since": START} for a, u, how in said]
        if done:
            told_of = enumerate(done, start=number + 1)
            tables["events"] = [{"id": UUID(int=i).bytes, "user_id": who, "ts": moment(step), "name": "x"} for i, (who, step) in told_of]
            number += len(done)
        desk.writer.write({name: pa.Table.from_pylist(rows) for name, rows in tables.items()}, NOW)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(log=batches)
def test_whatever_the_order_everybody_has_their_own_past_once(warehouse, log):
    desk = Desk(warehouse)
    write(desk, log)
    person = told(log)
    rows = desk.rows(aliases, aliases.c.external_id, aliases.c.user_key)
    kept = {frozenset(n for n, k in rows if k == key) for key in {k for _, k in rows}}
    assert kept == {frozenset(n for n, who in person.items() if who is one) for one in person.values()}
    assert sorted((a, b, int(n)) for a, b, n in desk.rows(sessions, sessions.c.ts, sessions.c.ended_at, sessions.c.events)) == visits(
        log, person
    )
    active = {person[who] for _, done in log for who, _ in done}
    assert desk.ask(Aggregate(metrics=("active_users",), period="all")).value("active_users") == len(active)
    opened = desk.warehouse.read(sa.select(sa.func.count()).where(events.c.tenant == desk.tenant.key, events.c.is_new_session)).iat[0, 0]
    assert opened == len(visits(log, person))
    assert differences(desk.warehouse, desk.tenant) == {}
