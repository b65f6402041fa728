"""Event types of Vigie's own format: which table each fills, and its JSON Schema, taken from the table itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ingest.wire.rows import COLUMNS, SOURCE_IDS, TABLES

_WRITER = frozenset({"id", "ts", *SOURCE_IDS})


@dataclass(frozen=True)
class EventType:
    """`table`: where its rows go. `fields` may be given, `required` must be. `personal`: its table knows persons."""

    table: str
    summary: str
    required: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    personal: bool = True


def _of(table: str, summary: str, *required: str) -> EventType:
    fields = frozenset(COLUMNS[table]) - _WRITER
    return EventType(table, summary, required, fields, "user_key" in TABLES[table].c)


_EVENT_FIELDS = (
    "name", "category", "page", "action", "label", "title", "path", "search", "referrer", "role", "duration_ms", "value_minor", "currency",
)  # fmt: skip

TYPES: dict[str, EventType] = {
    "track": EventType("events", "Something a person did, by `name`.", ("name",), frozenset(_EVENT_FIELDS)),
    "page": EventType("events", "A page was shown.", (), frozenset(_EVENT_FIELDS)),
    "identify": EventType("users", "What is known of a user, in `traits`."),
    "group": EventType("accounts", "What is known of an account, and that a user belongs to it."),
    "alias": EventType("aliases", "`previous_id` is `user_id` too."),
    "form_error": _of("form_errors", "A field of a form was refused.", "form", "field"),
    "conversion": _of("conversions", "A sign-up, subscription, upgrade, referral, …", "type"),
    "subscription": _of(
        "subscriptions", "The state after a change of a subscription.", "subscription_id", "change", "status", "amount_minor", "currency"
    ),
    "payment": _of("payments", "A step of a payment.", "payment_id", "type", "amount_minor", "currency"),
    "ai_generation": _of("ai_generations", "One answer of a model.", "model"),
    "conversation": _of("conversations", "One conversation with a model.", "conversation_id"),
    "api_request": _of("api_requests", "One request to your API.", "endpoint", "status"),
    "error": _of("error_logs", "An error or a log line.", "message"),
    "sample": _of("samples", "A measurement.", "metric", "value"),
    "check": _of("checks", "A health check.", "target", "state"),
    "exposure": _of("exposures", "A person saw a variant of an experiment.", "experiment", "variant"),
    "booking": _of("bookings", "A step of a booking.", "booking_id", "type"),
    "call": _of("calls", "A call and how it ended.", "call_id", "status"),
    "provider": _of("providers", "A provider's state changed.", "provider_id"),
    "payout": _of("payouts", "A step of a payout.", "payout_id", "status", "amount_minor", "currency"),
    "commission": _of("commissions", "A commission.", "commission_id", "amount_minor", "currency"),
    "balance": _of("balances", "What is left on a service's account.", "service", "balance_minor", "currency"),
    "channel_cost": _of("channel_costs", "What a channel cost.", "channel", "cost_minor", "currency"),
}

_INSTANT: dict[str, Any] = {
    "type": ["string", "number"],
    "description": "ISO 8601 (UTC without a zone), or seconds or milliseconds since 1970.",
}
COMMON: dict[str, Any] = {
    "id": {"type": "string", "description": "Counted once; send it again after a failure with the same id and ts."},
    "ts": _INSTANT,
    "user_id": {"type": "string"},
    "anonymous_id": {"type": "string"},
    "account_id": {"type": "string"},
    "context": {"type": "object", "description": "ip, user_agent, url, referrer, locale, screen, campaign, country, opt_out."},
}
_SPECIAL: dict[str, dict[str, Any]] = {
    "identify": {"traits": {"type": "object"}},
    "group": {"traits": {"type": "object"}},
    "alias": {"previous_id": {"type": "string"}},
}


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of one event type."""
    of = TYPES[name]
    body: dict[str, Any] = {"type": {"const": name}, **COMMON, **_SPECIAL.get(name, {})}
    needed = ["type"]
    if name in ("track", "page"):
        body |= {field: _field(of.table, field) for field in _EVENT_FIELDS} | {"properties": {"type": "object"}}
        needed += list(of.required)
    elif of.fields:
        inner = {field: _field(of.table, field) for field in sorted(of.fields)}
        body["data"] = {"type": "object", "properties": inner, "required": list(of.required), "additionalProperties": False}
        needed.append("data")
    return {"type": "object", "description": of.summary, "properties": body, "required": needed}


def _field(table: str, name: str) -> dict[str, Any]:
    kind = TABLES[table].c[name].type
    if isinstance(kind, sa.DateTime):
        return _INSTANT
    for types, word in ((sa.Boolean, "boolean"), (sa.Integer, "integer"), (sa.Double, "number"), (sa.JSON, "object")):
        if isinstance(kind, types):
            return {"type": word}
    return {"type": "string"}
