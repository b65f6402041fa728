"""From an opened letter to rows that can be journalled: each item cleaned, checked, dated and given an id."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

import orjson

from data_access.schema import DIMENSION_TABLES
from ingest.decode import MOST_OF_ONE, Refused
from ingest.decode_instants import instant_of, settled
from ingest.decode_values import BadEvent, Cleaner
from ingest.wire.rows import checked
from ingest.wire.wire import Context, Envelope, Fact, Letter, Outcome, Wire

MOST_ITEMS = 10_000
Row = dict[str, Any]
SEEN = "_seen"  # on rows of users and accounts: when the message was sent
_DATED = {"aliases": "since"}  # a dimension's column that takes the message's instant
_HEX = frozenset("0123456789abcdef")


class Desk(Protocol):
    """What reading needs to know of the tenant."""

    def enrich(self, table: str, row: Row, context: Context, envelope: Envelope) -> bool:
        """Add to the row what the context tells; False where it may not be kept."""
        ...

    def known(self, table: str, identity: bytes) -> bool:
        """Whether a row of that id was kept before."""
        ...


@dataclass(slots=True)
class Reading:
    """`rows` by table, `bad` items with their reason, the ids that will be known once this is durable."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    bad: list[tuple[str, Any]] = field(default_factory=list)
    ids: list[tuple[str, bytes]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


def read_letter(wire: Wire, letter: Letter, envelope: Envelope, desk: Desk) -> Reading:
    """Every item of the letter. Raises Refused where the letter as a whole is too much."""
    if len(letter.items) > MOST_ITEMS:
        raise Refused(413, "too_many", f"at most {MOST_ITEMS} events at once")
    reader = _Reader(wire, letter, envelope, desk)
    weigh = len(envelope.body) > MOST_OF_ONE
    if weigh and len(letter.items) == 1:
        raise Refused(413, "too_large", f"one event may have at most {MOST_OF_ONE} bytes")
    for index, item in enumerate(letter.items):
        try:
            if weigh and len(orjson.dumps(item)) > MOST_OF_ONE:
                raise BadEvent(f"over {MOST_OF_ONE} bytes")
            reader.take(item)
        except BadEvent as error:
            reader.reading.outcome.errors.append((index, str(error)))
            reader.reading.bad.append((str(error), item))
    return reader.reading


class _Reader:
    def __init__(self, wire: Wire, letter: Letter, envelope: Envelope, desk: Desk) -> None:
        self.wire, self.letter, self.envelope, self.desk = wire, letter, envelope, desk
        self.skew = _skew(letter, envelope)
        self.reading = Reading(outcome=Outcome(asked_as=envelope.headers.get("content-type", "")))
        self.seen: set[tuple[str, bytes]] = set()

    def take(self, item: Any) -> None:
        """One item, whole or not at all."""
        cleaner = Cleaner()
        facts = [self._fact(fact, cleaner) for fact in self.wire.read(item, self.letter)]
        kept = [(fact, row) for fact, row in facts if row is not None]
        new = [(fact, row) for fact, row in kept if not self._duplicate(fact.table, row)]
        for fact, row in new:
            self._keep(fact.table, row)
        outcome = self.reading.outcome
        outcome.notes |= cleaner.notes
        if new or not facts:
            outcome.accepted += 1
        elif kept:
            outcome.duplicates += 1
        else:
            outcome.dropped += 1

    def _fact(self, fact: Fact, cleaner: Cleaner) -> tuple[Fact, Row | None]:
        """Cleaned, dated, with an id; None where it may not be kept."""
        row = checked(fact.table, fact.row, cleaner)
        notes: set[str] = set()
        row["ts"] = settled(row.get("ts"), self.envelope.received, self.skew, notes)
        cleaner.notes |= notes
        row["id"] = _id(row.get("id"))
        if fact.table == "events":
            row["received_at"] = self.envelope.received
            if notes:
                row["properties"] = _flagged(row.get("properties"), notes, fact.row.get("ts"))
        return fact, row if self.desk.enrich(fact.table, row, fact.context or {}, self.envelope) else None

    def _duplicate(self, table: str, row: Row) -> bool:
        mark = (table, bytes.fromhex(row["id"]))
        if mark in self.seen or self.desk.known(*mark):
            return True
        self.seen.add(mark)
        self.reading.ids.append(mark)
        return False

    def _keep(self, table: str, row: Row) -> None:
        if table in DIMENSION_TABLES:
            ts = row.pop("ts")
            del row["id"]
            if table in _DATED:
                row[_DATED[table]] = ts
            else:
                row[SEEN] = ts
        self.reading.rows.setdefault(table, []).append(row)


def _skew(letter: Letter, envelope: Envelope) -> int:
    """How far the sender's clock is behind ours, in microseconds; 0 where it does not say when it sent."""
    try:
        sent = instant_of(letter.sent, "sent_at")
    except BadEvent:
        return 0
    return 0 if sent is None else envelope.received - sent


def _id(given: str | None) -> str:
    """Thirty-two hexadecimal digits: the given UUID, the same digest of any other text that the writer makes, or random."""
    if given is None:
        return secrets.token_hex(16)
    digits = given.replace("-", "").lower()
    return (
        digits
        if len(digits) == 32 and _HEX.issuperset(digits)
        else blake2b(given.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    )


def _flagged(properties: str | None, notes: set[str], sent: Any) -> str:
    """What was wrong with an event's time stays with the event."""
    said = orjson.loads(properties) if properties else {}
    return orjson.dumps({**said, "$flags": sorted(notes), "$sent_ts": str(sent)[:40]}).decode()
