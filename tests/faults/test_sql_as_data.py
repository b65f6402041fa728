"""SQL wherever a reader can write: it is data, or refused in words; never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from accounts.actor import Actor
from analytics.filters import InvalidFilter
from analytics.kinds import query_from_json
from analytics.period import InvalidPeriod
from analytics.query import InvalidQuery
from analytics.run import run
from data_access import schema
from data_access.connections import connected
from data_access.warehouse import Warehouse
from ingest.writer import BatchWriter
from tests.faults.conftest import rows
from tests.people import ACME

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
ANNA = Actor("anna", "Anna", ACME, frozenset({"analyst"}))
SQL = (
    "x'; DROP TABLE events; --",
    'x"; DELETE FROM users; --',
    "x') OR 1=1 --",
    "' UNION SELECT password_hash FROM actors --",
    "%' ESCAPE '\\",
    "$1; SELECT pg_sleep(60)",
    ":param %(name)s {0} ?",
    "read_csv('/etc/passwd')",
    "x\\",
)
DAY = {"period": "2026-03-01~2026-03-09"}
EVENTS = {**DAY, "metrics": ["events"]}
PLACES: dict[str, Any] = {
    "a filter's value": lambda text: {**EVENTS, "filters": [["is", "country", [text]]]},
    "a filter that looks inside": lambda text: {**EVENTS, "filters": [["contains", "page", [text]]]},
    "a property's name": lambda text: {**EVENTS, "filters": [["is", f"property.{text}", ["x"]]]},
    "a property's name to cut by": lambda text: {**EVENTS, "by": [f"property.{text}"]},
    "a property's value": lambda text: {**EVENTS, "filters": [["is_not", "property.plan", [text]]]},
    "a number": lambda text: {**EVENTS, "filters": [["gt", "property.size", [text]]]},
    "an operator": lambda text: {**EVENTS, "filters": [[text, "country", ["x"]]]},
    "a dimension": lambda text: {**EVENTS, "by": [text]},
    "a metric": lambda text: {**DAY, "metrics": [text]},
    "an order": lambda text: {**EVENTS, "by": ["country"], "order": text},
    "a grain": lambda text: {**EVENTS, "grain": text},
    "a period": lambda text: {"metrics": ["events"], "period": text},
    "a comparison": lambda text: {**EVENTS, "compare": text},
    "a segment": lambda text: {**EVENTS, "segment": text},
    "a step": lambda text: {**DAY, "kind": "funnel", "steps": [{"event": "visit"}, {"event": text}]},
    "what a funnel holds": lambda text: {**DAY, "kind": "funnel", "steps": [{"event": "visit"}], "hold": f"property.{text}"},
    "an event that returns": lambda text: {"kind": "retention", "subject": "users", "return_event": text, **DAY},
    "where a path begins": lambda text: {**DAY, "kind": "paths", "start": text},
}

REFUSED = ("an operator", "a dimension", "a metric", "an order", "a grain", "a period", "a comparison", "a segment")
EVERYTHING = ("a property's name to cut by", "a property's value", "what a funnel holds")  # which leave nobody out


@pytest.fixture
def house(warehouse: Warehouse) -> Iterator[Warehouse]:
    """Nine visits of three people, one a day."""
    visits = [
        {"ts": datetime(2026, 3, day, 10), "name": "visit", "user_id": "abc"[day % 3], "country": "FR", "page": "/", "properties": "{}"}
        for day in range(1, 10)
    ]
    BatchWriter(warehouse, ACME).write({"events": rows(*visits)}, NOW)
    with connected(warehouse=warehouse):
        yield warehouse


def counted(house: Warehouse) -> dict[str, int]:
    return {
        name: int(house.read(sa.select(sa.func.count().label("n")).select_from(table))["n"][0])
        for name, table in schema.metadata.tables.items()
    }


@pytest.mark.parametrize("place", PLACES)
def test_sql_is_data_or_refused(house: Warehouse, place: str) -> None:
    before = counted(house)
    for text in SQL:
        try:
            result = run(query_from_json(PLACES[place](text)), ANNA, NOW)
        except (InvalidQuery, InvalidFilter, InvalidPeriod):
            continue
        assert place not in REFUSED
        assert all(value != 9 or place in EVERYTHING for value in result.totals.values()), (text, result.totals)
    assert counted(house) == before


def test_the_question_still_answers(house: Warehouse) -> None:
    assert run(query_from_json(EVENTS), ANNA, NOW).value("events") == 9
