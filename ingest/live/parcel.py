"""A journal record: the rows of one request and whose they are, as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

LONGEST_BAD = 16_384  # characters kept of an event that goes to quarantine

Row = dict[str, Any]


@dataclass(slots=True)
class Parcel:
    """`rows` by table; `bad`: (reason, the event as JSON). `received` in microseconds since 1970."""

    tenant: int
    source: str
    received: int
    rows: dict[str, list[Row]] = field(default_factory=dict)
    bad: list[tuple[str, str]] = field(default_factory=list)

    def packed(self) -> bytes:
        return orjson.dumps([self.tenant, self.source, self.received, self.rows, self.bad])


def unpacked(payload: bytes) -> Parcel:
    tenant, source, received, rows, bad = orjson.loads(payload)
    return Parcel(tenant, source, received, rows, [(reason, event) for reason, event in bad])


def put_aside(items: list[tuple[str, Any]]) -> list[tuple[str, str]]:
    """Bad items as they are kept."""
    return [(reason[:300], orjson.dumps(item).decode()[:LONGEST_BAD]) for reason, item in items]
