"""Segment: POST /v1/batch and one route per type. The key is the user of Basic authorization, or in the body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ingest.decode import Refused, object_of, parsed
from ingest.wire import keys, people
from ingest.wire.wire import Answer, BadEvent, Context, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import PAGE_VIEW, SCREEN_VIEW, mapping, minor, objects, text

DONE = b'{"success":true}'


def opened(envelope: Envelope) -> Letter:
    body = object_of(parsed(envelope.body))
    items = body.get("batch")
    if not isinstance(items, list):
        raise Refused(400, "malformed", "batch must be a list of messages")
    return Letter(keys.presented(envelope, body, "writeKey"), items, body.get("sentAt"), body.get("context"))


def single(kind: str) -> Callable[[Envelope], Letter]:
    """How one message of a kind is opened: its type is the route's."""

    def opening(envelope: Envelope) -> Letter:
        body = object_of(parsed(envelope.body))
        return Letter(keys.presented(envelope, body, "writeKey"), [{**body, "type": kind}], body.get("sentAt"))

    return opening


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    message = objects(item)
    kind = message.get("type")
    reading = _KINDS.get(kind) if isinstance(kind, str) else None
    if reading is None:
        raise BadEvent(f"type must be one of {', '.join(_KINDS)}")
    who = text(message, "userId") or text(message, "anonymousId")
    if who is None:
        raise BadEvent("userId or anonymousId is missing")
    seen = {"id": text(message, "messageId"), "ts": message.get("timestamp") or message.get("originalTimestamp"), "user_id": who}
    return reading(message, seen, letter)


def _track(message: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    properties = mapping(message, "properties")
    row = {**seen, "name": text(message, "event", required=True), "properties": properties}
    currency = properties.get("currency")
    for name in ("revenue", "value", "total"):
        if (value := minor(properties.get(name), currency)) is not None:
            row |= {"value_minor": value, "currency": str(currency).upper()}
            break
    for name in ("category", "label"):
        if type(properties.get(name)) is str:
            row[name] = properties[name]
    yield Fact("events", row, _context(message, letter))
    yield from people.alias(seen, text(message, "anonymousId"), text(message, "userId"))


def _page(message: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    properties = mapping(message, "properties")
    title = properties.get("title") if type(properties.get("title")) is str else None
    name = text(message, "name")
    row = {**seen, "name": PAGE_VIEW if message["type"] == "page" else SCREEN_VIEW, "page": name or title, "title": title}
    row |= {"category": text(message, "category") or "navigation", "properties": properties}
    context = _context(message, letter)
    for key in ("url", "referrer"):
        if type(properties.get(key)) is str:
            context[key] = properties[key]
    yield Fact("events", row, context)
    yield from people.alias(seen, text(message, "anonymousId"), text(message, "userId"))


def _identify(message: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    traits = message.get("traits") or mapping(message, "context").get("traits")
    yield people.user(seen, seen["user_id"], traits, identified=text(message, "userId") is not None)
    yield from people.alias(seen, text(message, "anonymousId"), text(message, "userId"))


def _group(message: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    group = text(message, "groupId", required=True) or ""
    yield people.account(seen, group, message.get("traits"))
    yield people.user(seen, seen["user_id"], None, group)


def _alias(message: dict[str, Any], seen: dict[str, Any], letter: Letter) -> Iterator[Fact]:
    yield from people.alias(seen, text(message, "previousId", required=True), seen["user_id"], "alias")


_KINDS = {"track": _track, "page": _page, "screen": _page, "identify": _identify, "group": _group, "alias": _alias}


def _context(message: dict[str, Any], letter: Letter) -> Context:
    """Segment's context, and the batch's own where the message has none."""
    said = mapping(message, "context") or (letter.shared if isinstance(letter.shared, dict) else {})
    page, screen, system, device = (mapping(said, name) for name in ("page", "screen", "os", "device"))
    campaign = mapping(said, "campaign")
    width, height = screen.get("width"), screen.get("height")
    return {
        "ip": said.get("ip"), "user_agent": said.get("userAgent"), "url": page.get("url"), "referrer": page.get("referrer"),
        "locale": said.get("locale"), "screen": f"{width}x{height}" if width and height else None,
        "os": system.get("name"), "os_version": system.get("version"), "device": device.get("type"),
        "campaign": {**campaign, "campaign": campaign.get("name")} if campaign else None,
    }  # fmt: skip


def answer(outcome: Outcome) -> Answer:
    """Exactly 200 once anything was kept: these clients drop a batch on 4xx and repeat it on 202 or 204."""
    if outcome.errors and not (outcome.accepted or outcome.duplicates or outcome.dropped):
        index, reason = outcome.errors[0]
        raise Refused(400, "no_event_kept", f"message {index}: {reason}")
    return Answer(200, DONE)


BATCH = Wire("segment", opened, read, answer)
KINDS = tuple(_KINDS)
SINGLE = {kind: Wire("segment", single(kind), read, answer, limit=1024 * 1024) for kind in _KINDS}
