"""PostHog: POST /batch/ and its aliases; a batch, an array or one event. The key is `api_key` or `token` in the body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ingest.decode import Refused, object_of, parsed
from ingest.wire import keys, people
from ingest.wire.wire import Answer, BadEvent, Context, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import PAGE_VIEW, SCREEN_VIEW, mapping, minor, objects, text

DONE = b'{"status":"Ok"}'
_NAMES = {"$pageview": PAGE_VIEW, "$screen": SCREEN_VIEW}
# Of several groups the one that is the customer's account.
_ACCOUNT_GROUPS = ("account", "company", "organization", "workspace")
# Properties that become columns, or that say nothing once read.
_CONTEXT = {
    "ip": "$ip", "user_agent": "$raw_user_agent", "url": "$current_url", "referrer": "$referrer", "os": "$os",
    "os_version": "$os_version", "browser": "$browser", "browser_version": "$browser_version", "device": "$device_type",
    "locale": "$browser_language",
}  # fmt: skip
_READ = frozenset(
    {*_CONTEXT.values(), "$set", "$set_once", "$groups", "token", "distinct_id", "$screen_width", "$screen_height", "$user_agent"}
)
_UTM = ("source", "medium", "campaign", "term", "content")


def opened(envelope: Envelope) -> Letter:
    body = parsed(envelope.body)
    if isinstance(body, list):
        body = {"batch": body}
    body = object_of(body)
    items = body.get("batch", [body])
    if not isinstance(items, list):
        raise Refused(400, "malformed", "batch must be a list of events")
    return Letter(_key(envelope, body, items), items, body.get("sent_at") or envelope.query.get("_"), envelope.received)


def _key(envelope: Envelope, body: dict[str, Any], items: list[Any]) -> str:
    """An array carries the key in its events."""
    first = items[0] if items and isinstance(items[0], dict) else {}
    properties = first.get("properties") if isinstance(first.get("properties"), dict) else {}
    holders: tuple[dict[str, Any], ...] = (body, first, properties or {})
    return next((key for holder in holders if (key := keys.presented(envelope, holder, "api_key", "token"))), "")


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    event = objects(item)
    name = text(event, "event", required=True) or ""
    properties = mapping(event, "properties")
    who = text(event, "distinct_id") or text(properties, "distinct_id")
    if who is None:
        raise BadEvent("distinct_id is missing")
    seen = {"id": text(event, "uuid") or text(properties, "$insert_id"), "ts": _when(event, letter), "user_id": who}
    return _SPECIAL.get(name, _captured)(event, seen, properties)


def _when(event: dict[str, Any], letter: Letter) -> Any:
    offset = event.get("offset")
    if event.get("timestamp") is None and type(offset) is int and abs(offset) < 10**12:
        return letter.shared - offset * 1_000
    return event.get("timestamp")


def _captured(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    name = str(event["event"])
    kept = {key: value for key, value in properties.items() if key not in _READ}
    row = {**seen, "name": _NAMES.get(name, name), "properties": kept, "account_id": _account(properties)}
    if name in _NAMES:
        title = properties.get("title") or properties.get("$screen_name")
        row |= {"category": "navigation", "title": title, "page": title}
    currency = properties.get("currency")
    if (value := minor(properties.get("revenue", properties.get("value")), currency)) is not None:
        row |= {"value_minor": value, "currency": str(currency).upper()}
    yield Fact("events", row, _context(properties))
    yield from _person(event, seen, properties)


def _person(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    """$set and $set_once may ride on any event."""
    said: dict[str, Any] = {}
    for holder in (event, properties):
        for name in ("$set_once", "$set"):
            said |= mapping(holder, name)
    if said:
        yield people.user(seen, seen["user_id"], said)


def _identified(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    yield from _person(event, seen, properties)
    yield people.user(seen, seen["user_id"], None, identified=True)
    yield from people.alias(seen, text(properties, "$anon_distinct_id"), seen["user_id"])


def _set(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    yield from _person(event, seen, properties)


def _aliased(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    """`properties.distinct_id` was the name before, `properties.alias` is the user's own."""
    yield from people.alias(seen, text(properties, "distinct_id") or seen["user_id"], text(properties, "alias", required=True), "alias")


def _merged(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    """The user `properties.alias` is this one too."""
    yield from people.alias(seen, text(properties, "alias", required=True), seen["user_id"], "alias")


def _grouped(event: dict[str, Any], seen: dict[str, Any], properties: dict[str, Any]) -> Iterator[Fact]:
    yield people.account(seen, text(properties, "$group_key", required=True) or "", properties.get("$group_set"))


_SPECIAL = {"$identify": _identified, "$set": _set, "$create_alias": _aliased, "$merge_dangerously": _merged, "$groupidentify": _grouped}


def _account(properties: dict[str, Any]) -> str | None:
    groups = mapping(properties, "$groups")
    named = [groups[name] for name in _ACCOUNT_GROUPS if name in groups] or list(groups.values())
    return text({"$groups": named[0]}, "$groups") if named else None


def _context(properties: dict[str, Any]) -> Context:
    said: Context = {name: properties.get(key) for name, key in _CONTEXT.items()}
    width, height = properties.get("$screen_width"), properties.get("$screen_height")
    said["screen"] = f"{width}x{height}" if width and height else None
    campaign = {name: properties[f"utm_{name}"] for name in _UTM if f"utm_{name}" in properties}
    said["campaign"] = campaign or None
    said["server"] = properties.get("$is_server") is True
    return said


def answer(outcome: Outcome) -> Answer:
    """Exactly 200 once anything was kept."""
    if outcome.errors and not (outcome.accepted or outcome.duplicates or outcome.dropped):
        index, reason = outcome.errors[0]
        raise Refused(400, "no_event_kept", f"event {index}: {reason}")
    return Answer(200, DONE)


WIRE = Wire("posthog", opened, read, answer)
