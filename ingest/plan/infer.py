"""Promoting an event into the plan: what its last occurrences carried is what is proposed."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa

from data_access.schema import events
from data_access.warehouse import Warehouse
from ingest.plan import LONGEST_NAME, Planned, Property
from ingest.plan.check import fits

SAMPLE = 200  # occurrences looked at
_ORDER = ("boolean", "whole", "number", "text", "list", "object")  # the narrowest that fits all comes first
_BUDGET = 10.0  # seconds


def inferred(warehouse: Warehouse, tenant: int, event: str) -> Planned:
    """A draft for the event: each property of its newest occurrences, required where every one of them had it."""
    c = events.c
    newest = sa.select(sa.func.max(c.day)).where(c.tenant == tenant, c.name == event).scalar_subquery()
    question = sa.select(c.properties).where(c.tenant == tenant, c.name == event, c.day == newest).order_by(c.ts.desc()).limit(SAMPLE)
    found = [_object(value) for value in warehouse.read(question, budget=_BUDGET)["properties"]]
    names = dict.fromkeys(name for one in found for name in sorted(one) if not name.startswith("$") and len(name) <= LONGEST_NAME)
    return Planned(event, status="draft", properties=tuple(_property(name, found) for name in names))


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    read = orjson.loads(value) if isinstance(value, str) and value else {}
    return read if isinstance(read, dict) else {}


def _property(name: str, found: list[dict[str, Any]]) -> Property:
    values = [one[name] for one in found if one.get(name) is not None]
    kind = next((kind for kind in _ORDER if values and all(fits(value, kind) for value in values)), "any")
    return Property(name, kind, len(values) == len(found))
