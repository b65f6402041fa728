"""Two tenants and two roles in one process: no answer crosses over, however the threads interleave and whatever is cached."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from accounts.actor import Actor, Tenant
from analytics.kinds import query_from_json
from analytics.query import Query
from analytics.run import Forbidden, cache, run
from data_access.connections import connected
from data_access.warehouse import Warehouse
from ingest.writer import BatchWriter
from tests.faults.conftest import rows
from tests.people import ACME, GLOBEX

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY = {"period": "2026-03-01~2026-03-09"}
QUESTIONS = [
    {**DAY, "metrics": ["events"], "by": ["event"]},
    {**DAY, "metrics": ["events", "active_users"], "grain": "day"},
    {**DAY, "metrics": ["revenue"], "by": ["country"]},
    {**DAY, "metrics": ["active_users"], "filters": [["is", "country", ["FR"]]]},
    {**DAY, "kind": "funnel", "steps": [{"event": "acme"}, {"event": "globex"}]},
    {**DAY, "kind": "sessions"},
]
READERS = [
    Actor(f"{tenant.slug} {role}", role, tenant, frozenset({role}))
    for tenant in (ACME, GLOBEX)
    for role in ("admin", "analyst", "executive", "viewer")
]


def business(tenant: Tenant, people: int) -> dict[str, list[dict[str, object]]]:
    """Everything that belongs to a company carries its name."""
    hours = [datetime(2026, 3, 1 + n % 9, 10, n % 60) for n in range(people * 3)]
    person = [f"{tenant.slug}-{n % people}" for n in range(people * 3)]
    country = "FR" if tenant is ACME else "US"
    return {
        "events": [{"ts": ts, "name": tenant.slug, "user_id": who, "country": country} for ts, who in zip(hours, person, strict=True)],
        "payments": [{"ts": hours[0], "type": "captured", "amount_minor": people * 100, "currency": tenant.currency, "country": country}],
    }


def said(query: Query, actor: Actor) -> str:
    """The answer's rows and totals, or that it is refused."""
    try:
        result = run(query, actor, NOW)
    except Forbidden:
        return "forbidden"
    return f"{result.frame.to_csv(index=False)} {sorted(result.totals.items())} {result.currency}"


@pytest.mark.parametrize("cached", [True, False])
def test_no_answer_crosses_over(warehouse: Warehouse, cached: bool) -> None:
    for tenant, people in ((ACME, 5), (GLOBEX, 7)):
        tables = {name: rows(*facts) for name, facts in business(tenant, people).items()}
        BatchWriter(warehouse, tenant).write(tables, NOW)
    asked = [(query_from_json(question), reader) for question in QUESTIONS for reader in READERS]
    with connected(warehouse=warehouse):
        alone = {}
        for query, reader in asked:
            cache().clear()
            alone[query, reader] = said(query, reader)
        cache().clear()
        mixed = asked * 6
        random.Random(7).shuffle(mixed)

        def ask(one: tuple[Query, Actor]) -> tuple[tuple[Query, Actor], str]:
            if not cached:
                cache().clear()
            return one, said(*one)

        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(ask, mixed))
    for one, answer in answers:
        assert answer == alone[one]
    for (query, reader), answer in answers:  # a funnel's answer repeats the names of its steps
        assert query.kind == "funnel" or ("globex" if reader.tenant is ACME else "acme") not in answer
    assert {answer for (_, reader), answer in answers if "viewer" in reader.roles} == {"forbidden"}
    assert sum(answer != "forbidden" for answer in alone.values()) >= 20


def test_a_role_that_lost_a_right_gets_no_answer_from_the_cache(warehouse: Warehouse) -> None:
    BatchWriter(warehouse, ACME).write({name: rows(*facts) for name, facts in business(ACME, 5).items()}, NOW)
    question = query_from_json(QUESTIONS[2])
    with connected(warehouse=warehouse):
        before = said(question, Actor("eve", "Eve", ACME, frozenset({"executive"})))
        after = said(question, Actor("eve", "Eve", ACME, frozenset({"viewer"})))
    assert "500" in before
    assert after == "forbidden"
