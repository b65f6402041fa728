"""Numbers in properties that no column of numbers could hold: left out of comparisons, never an error."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

from accounts.actor import Actor
from analytics.kinds import query_from_json
from analytics.run import run
from data_access.connections import connected
from data_access.warehouse import Warehouse
from ingest.writer import BatchWriter
from tests.faults.conftest import rows
from tests.people import ACME

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
ANNA = Actor("anna", "Anna", ACME, frozenset({"analyst"}))
NUMBERS = ["10.5", "1e2", " 7 ", "-3", ".5", "5.", "9" * 150]
NONE = [
    "NaN",
    "Infinity",
    "-inf",
    "1e999",
    "9" * 400,
    "1_000",
    "٣",
    "0x10",
    "",
    "1,5",
    "--1",
]


@pytest.mark.parametrize(("operator", "than", "expected"), [("gt", "6", 4), ("lte", "6", 3), ("gte", "-1e30", 7), ("lt", "nan", 0)])
def test_only_numbers_are_compared(warehouse: Warehouse, operator: str, than: str, expected: int) -> None:
    """Greater than 6: 10.5, 100, 7 and the long one. The others are -3, .5 and 5."""
    events = [
        {"ts": datetime(2026, 3, 1, 10, minute), "name": "sized", "user_id": "a", "properties": orjson.dumps({"size": size}).decode()}
        for minute, size in enumerate(NUMBERS + NONE)
    ]
    BatchWriter(warehouse, ACME).write({"events": rows(*events)}, NOW)
    asked = {"metrics": ["events"], "period": "2026-03-01~2026-03-09", "filters": [[operator, "property.size", [than]]]}
    with connected(warehouse=warehouse):
        assert run(query_from_json(asked), ANNA, NOW).value("events") == expected
