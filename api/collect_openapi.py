"""Vigie's own event format in the API's description: one JSON Schema per event type."""

from __future__ import annotations

from typing import Any

from ingest.wire.types import TYPES, schema_of

PATH = "/api/v1/events"
_PROBLEMS = {
    "400": "Not JSON (the message names the byte), or no event could be kept",
    "401": "No valid write key",
    "413": "Too large",
    "415": "An unknown Content-Encoding",
    "429": "Over the tenant's quota; Retry-After says when to come back",
    "503": "Nothing can be kept safely now; send the same events again after Retry-After",
}


def schemas() -> dict[str, Any]:
    """Of every event type, of a batch and of its answer."""
    events = {f"Event_{name}": schema_of(name) for name in TYPES}
    one = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in events]}
    when = {"type": ["string", "number"], "description": "When the sender's clock says this was sent; corrects the events' times."}
    batch = {"events": {"type": "array", "items": one}, "sent_at": when, "key": {"type": "string"}, "context": {"type": "object"}}
    error = {"type": "object", "properties": {"index": {"type": "integer"}, "reason": {"type": "string"}}}
    counts: dict[str, Any] = {name: {"type": "integer"} for name in ("accepted", "duplicates", "dropped")}
    counts |= {"errors": {"type": "array", "items": error}, "warnings": {"type": "array", "items": {"type": "string"}}}
    answer = {"type": "object", "properties": {"data": {"type": "object", "properties": counts}}}
    return {**events, "Events": {"type": "object", "properties": batch, "required": ["events"]}, "EventsAnswer": answer}


def path() -> dict[str, Any]:
    """The operation."""
    return {
        "post": {
            "operationId": "post_events",
            "summary": "Send events of any type; 200 once they are safe on disk",
            "security": [{"write_key": []}],
            "requestBody": {"required": True, "content": _json("Events")},
            "responses": {
                "200": {"description": "What became of each", "content": _json("EventsAnswer")},
                **{code: {"description": text, "content": _json("Problem")} for code, text in _PROBLEMS.items()},
            },
        }
    }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
