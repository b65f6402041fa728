"""A desk that keeps everything, and letters from plain Python."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from ingest.decode_instants import micros
from ingest.decode_letter import Reading, read_letter
from ingest.wire import WIRES
from ingest.wire.wire import Envelope

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RECEIVED = micros(NOW)


class OpenDesk:
    """Nothing known, nothing added."""

    def __init__(self, known: set[tuple[str, bytes]] | None = None) -> None:
        self.before = known or set()

    def enrich(self, table, row, context, envelope) -> bool:
        return True

    def known(self, table: str, identity: bytes) -> bool:
        return (table, identity) in self.before


def envelope(body: object, **more) -> Envelope:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return Envelope(raw, RECEIVED, **more)


def reading(path: str, body: object, desk: OpenDesk | None = None, **more) -> Reading:
    wire, sent = WIRES[path], envelope(body, **more)
    return read_letter(wire, wire.open(sent), sent, desk or OpenDesk())
