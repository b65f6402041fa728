"""Vigie's own format: POST /api/v1/events. One event, a list, or {"events": [...], "sent_at"}; any table by its type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from ingest.decode import Refused, object_of, parsed
from ingest.wire import keys, people
from ingest.wire.types import TYPES
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import PAGE_VIEW, mapping, objects, text

DEFAULT = "track"


def opened(envelope: Envelope) -> Letter:
    body = parsed(envelope.body)
    if isinstance(body, list):
        return Letter(keys.presented(envelope, {}), body)
    body = object_of(body)
    items = body.get("events", [body])
    if not isinstance(items, list):
        raise Refused(400, "malformed", "events must be a list")
    shared = body.get("context") if "events" in body else None
    return Letter(keys.presented(envelope, body, "key"), items, body.get("sent_at"), shared if isinstance(shared, dict) else {})


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    event = objects(item)
    kind = event.get("type", DEFAULT)
    if not isinstance(kind, str) or kind not in TYPES:
        raise BadEvent(f"type must be one of {', '.join(TYPES)}")
    seen = {"id": event.get("id"), "ts": event.get("ts", event.get("timestamp"))}
    reading = _SPECIAL.get(kind, _typed)
    return reading(event, seen, letter)


def _context(event: dict[str, Any], letter: Letter) -> dict[str, Any]:
    own = mapping(event, "context")
    return {**letter.shared, **own} if letter.shared else dict(own)


def _who(event: dict[str, Any]) -> str | None:
    return text(event, "user_id") or text(event, "anonymous_id")


def _event(event: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    row = {name: event.get(name) for name in TYPES["track"].fields if name in event}
    if event.get("type") == "page":
        row |= {"name": PAGE_VIEW, "category": row.get("category", "navigation"), "page": row.get("page") or row.get("title")}
    elif not row.get("name"):
        raise BadEvent("name is missing")
    row |= {**seen, "user_id": _who(event), "account_id": text(event, "account_id"), "properties": event.get("properties")}
    yield Fact("events", row, _context(event, letter))
    yield from people.alias(seen, text(event, "anonymous_id"), text(event, "user_id"))


def _identify(event: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    who = _who(event)
    if who is None:
        raise BadEvent("user_id is missing")
    yield people.user(seen, who, event.get("traits"), text(event, "account_id"), identified="user_id" in event)
    yield from people.alias(seen, text(event, "anonymous_id"), text(event, "user_id"))


def _group(event: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    account = text(event, "account_id", required=True) or ""
    yield people.account(seen, account, event.get("traits"))
    if who := _who(event):
        yield people.user(seen, who, None, account)


def _alias(event: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    yield from people.alias(seen, text(event, "previous_id", required=True), text(event, "user_id", required=True), "alias")


def _typed(event: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    """A row of the type's table: the fields of `data`, and whose it is."""
    of = TYPES[event["type"]]
    data = mapping(event, "data")
    for name in of.required:
        if data.get(name) is None:
            raise BadEvent(f"data.{name} is missing")
    for name in data:
        if name not in of.fields:
            raise BadEvent(f"data.{name} is not a field of {event['type']}")
    row = {**data, **seen}
    row |= {name: value for name, value in (("user_id", _who(event)), ("account_id", text(event, "account_id"))) if value and of.personal}
    yield Fact(of.table, row, _context(event, letter))


_SPECIAL = {"track": _event, "page": _event, "identify": _identify, "group": _group, "alias": _alias}


def answer(outcome: Outcome) -> Answer:
    """What became of each: 200 once anything was kept, 400 where nothing could be."""
    body = {
        "accepted": outcome.accepted,
        "duplicates": outcome.duplicates,
        "dropped": outcome.dropped,
        "errors": [{"index": index, "reason": reason} for index, reason in outcome.errors],
        "warnings": sorted(outcome.notes),
    }
    nothing = bool(outcome.errors) and not (outcome.accepted or outcome.duplicates or outcome.dropped)
    return Answer(400 if nothing else 200, orjson.dumps({"data": body}))


WIRE = Wire("vigie", opened, read, answer)
