"""Sentry envelopes: errors become rows of error_logs, transactions of web servers become api_requests.

The DSN is `https://KEY@HOST/TENANT`: the key decides whose it is, and the project must be that tenant's number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from ingest.decode import Refused
from ingest.decode_instants import instant_of
from ingest.wire.errors import fingerprint
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import mapping, objects, text

_KEY = re.compile(r"sentry_key=([^\s,]+)")
_FRAMES_KEPT = 10
_KINDS = ("event", "transaction")
_STATUS = {
    "ok": 200, "invalid_argument": 400, "unauthenticated": 401, "permission_denied": 403, "not_found": 404, "already_exists": 409,
    "resource_exhausted": 429, "cancelled": 499, "unimplemented": 501, "unavailable": 503, "deadline_exceeded": 504,
}  # fmt: skip


def opened(envelope: Envelope) -> Letter:
    """The items of an envelope that hold facts; sessions, attachments and reports are passed over."""
    head, _, rest = envelope.body.partition(b"\n")
    header = _json(head)
    items = [{"kind": kind, "payload": payload} for kind, payload in _items(rest)]
    shared = header.get("event_id")
    return Letter(_key(envelope, header), items, header.get("sent_at"), shared, tenant=envelope.params.get("project"))


def _key(envelope: Envelope, header: dict[str, Any]) -> str:
    found = _KEY.search(envelope.headers.get("x-sentry-auth", "") or envelope.headers.get("authorization", ""))
    if found:
        return found.group(1)[:200]
    dsn = re.match(r"https?://([^:@/]+)[:@]", str(header.get("dsn", "")))
    return (envelope.query.get("sentry_key") or (dsn.group(1) if dsn else ""))[:200]


def _items(rest: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    while rest:
        line, _, rest = rest.partition(b"\n")
        if not line.strip():
            continue
        header = _json(line)
        length = header.get("length")
        if isinstance(length, int) and 0 <= length <= len(rest):
            payload, rest = rest[:length], rest[length:].removeprefix(b"\n")
        else:
            payload, _, rest = rest.partition(b"\n")
        if header.get("type") in _KINDS:
            yield header["type"], _json(payload)


def _json(line: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Refused(400, "malformed", "not a Sentry envelope")
    return value


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    event = objects(item["payload"])
    about = {
        "id": text(event, "event_id"),
        "ts": event.get("timestamp"),
        "user_id": text(mapping(event, "user"), "id"),
        "service": text(mapping(event, "tags"), "service") if isinstance(event.get("tags"), dict) else None,
    }
    about["service"] = about["service"] or text(event, "server_name") or text(event, "platform")
    return _error(event, about) if item["kind"] == "event" else _transaction(event, about)


def _error(event: dict[str, Any], about: dict[str, Any]) -> Iterator[Fact]:
    thrown = _thrown(event)
    frames = _frames(thrown)
    message = _message(event, thrown)
    given = event.get("fingerprint")
    parts = given if isinstance(given, list) and given != ["{{ default }}"] else [thrown.get("type"), frames[-1:] or message]
    attributes = {
        "environment": event.get("environment"), "release": event.get("release"), "transaction": event.get("transaction"),
        "logger": event.get("logger"), "type": thrown.get("type"), "frames": frames,
        "tags": event.get("tags"), "sdk": mapping(event, "sdk").get("name"),
    }  # fmt: skip
    row = {
        **about,
        "severity": text(event, "level") or "error",
        "message": message,
        "fingerprint": fingerprint(*parts),
        "trace_id": text(_trace(event), "trace_id"),
        "attributes": {name: value for name, value in attributes.items() if value},
    }
    yield Fact("error_logs", row, {"server": True})


def _thrown(event: dict[str, Any]) -> dict[str, Any]:
    """The exception that was raised last."""
    holder = event.get("exception")
    values = holder.get("values") if isinstance(holder, dict) else holder
    return values[-1] if isinstance(values, list) and values and isinstance(values[-1], dict) else {}


def _message(event: dict[str, Any], thrown: dict[str, Any]) -> str:
    if thrown:
        return f"{thrown.get('type') or 'Error'}: {thrown.get('value') or ''}".removesuffix(": ")
    logged = mapping(event, "logentry")
    return str(logged.get("formatted") or logged.get("message") or event.get("message") or "no message")


def _frames(thrown: dict[str, Any]) -> list[str]:
    """Where it happened, innermost last."""
    stack = thrown.get("stacktrace")
    frames = stack.get("frames") if isinstance(stack, dict) else None
    if not isinstance(frames, list):
        return []
    kept = [frame for frame in frames if isinstance(frame, dict)][-_FRAMES_KEPT:]
    return [f"{f.get('module') or f.get('filename') or '?'}:{f.get('function') or '?'}:{f.get('lineno') or 0}" for f in kept]


def _trace(event: dict[str, Any]) -> dict[str, Any]:
    return mapping(mapping(event, "contexts"), "trace")


def _transaction(event: dict[str, Any], about: dict[str, Any]) -> Iterator[Fact]:
    """How long it took: of a web server as a request, of anything else as a sample."""
    trace = _trace(event)
    began, ended = instant_of(event.get("start_timestamp")), instant_of(event.get("timestamp"))
    if began is None or ended is None:
        raise BadEvent("a transaction needs start_timestamp and timestamp")
    took = (ended - began) / 1_000
    name = text(event, "transaction") or "unknown"
    if trace.get("op") != "http.server":
        labels = {"transaction": name, "op": trace.get("op"), "status": trace.get("status")}
        row = {"id": about["id"], "ts": about["ts"], "source": about["service"], "metric": "transaction.duration", "unit": "ms"}
        yield Fact("samples", {**row, "value": took, "labels": {k: v for k, v in labels.items() if v}})
        return
    method = text(mapping(event, "request"), "method")
    row = {**about, "endpoint": name, "method": method, "status": _status(event, trace), "latency_ms": took}
    yield Fact("api_requests", {**row, "request_id": text(trace, "trace_id")}, {"server": True})


def _status(event: dict[str, Any], trace: dict[str, Any]) -> int:
    answered = mapping(mapping(event, "contexts"), "response").get("status_code")
    return answered if type(answered) is int else _STATUS.get(str(trace.get("status")), 500)


def answer(_outcome: Outcome) -> Answer:
    """Exactly 200: an SDK holds back everything after other answers."""
    return Answer(200, b"{}")


WIRE = Wire("sentry", opened, read, answer)
