"""Log lines: POST /v1/log-lines, one JSON object (or plain text) a line; rows of error_logs with service, level and trace id.

The names that loggers of Python, Node, Go, Java and .NET give to level, message, time, service and trace are all known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ingest.decode import Refused
from ingest.wire import keys
from ingest.wire.errors import fingerprint
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire

_NAMES: dict[str, tuple[str, ...]] = {
    "severity": ("level", "severity", "levelname", "lvl", "log.level", "@l"),
    "message": ("message", "msg", "event", "@m", "@mt"),
    "ts": ("timestamp", "time", "ts", "@timestamp", "@t", "asctime"),
    "service": ("service", "service.name", "app", "logger", "name", "logger_name"),
    "trace_id": ("trace_id", "traceId", "trace.id", "traceid", "dd.trace_id"),
    "request_id": ("request_id", "requestId", "req_id", "correlation_id"),
    "user_id": ("user_id", "userId"),
    "id": ("id", "insertId"),
}
_PINO = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_WORDS = {
    "warning": "warn",
    "err": "error",
    "critical": "fatal",
    "crit": "fatal",
    "information": "info",
    "notice": "info",
    "emerg": "fatal",
}


def opened(envelope: Envelope) -> Letter:
    """Lines may be a JSON list too. `?service=` names the service where lines do not."""
    try:
        body = envelope.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(400, "malformed", f"not UTF-8 at byte {error.start}") from None
    items = _list(body) if body.lstrip().startswith("[") else None
    if items is None:
        items = [line for line in body.splitlines() if line.strip()]
    return Letter(keys.presented(envelope, {}), items, shared=envelope.query.get("service"))


def _list(body: str) -> list[Any] | None:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:  # a line of text that begins with a bracket, such as [error]
        return None
    return found if isinstance(found, list) else None


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    said = _object(item)
    row = {name: value for name, given in _NAMES.items() if (value := _first(said, given)) is not None}
    used = {alias for given in _NAMES.values() for alias in given}
    message = row.get("message")
    row["message"] = message if isinstance(message, str) else orjson.dumps(message).decode() if message is not None else _error(said)
    if not row["message"]:
        raise BadEvent("a line has neither a message nor an error")
    row["severity"] = _level(row.get("severity"))
    row["service"] = _text(row.get("service")) or letter.shared
    row |= {name: _text(row.get(name)) for name in ("trace_id", "request_id", "user_id")}
    # A line without a time of its own may come twice and mean it, so it has no id of its own either.
    row["id"] = _text(row.get("id")) or (orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode() if row.get("ts") is not None else None)
    row["fingerprint"] = fingerprint(row["service"], row["message"])
    row["attributes"] = {name: value for name, value in said.items() if name not in used}
    yield Fact("error_logs", row, {"server": True})


def _object(item: Any) -> dict[str, Any]:
    if isinstance(item, str) and item.lstrip().startswith("{"):
        try:
            item = orjson.loads(item)
        except orjson.JSONDecodeError as error:
            raise BadEvent(f"the line is not JSON: {error.msg}") from None
    if isinstance(item, str):
        return {"message": item}
    if not isinstance(item, dict):
        raise BadEvent("a line must be a JSON object or text")
    return item


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((said[name] for name in names if said.get(name) not in (None, "")), None)


def _error(said: Mapping[str, Any]) -> str:
    error = said.get("error") or said.get("err") or said.get("exc_info") or said.get("exception")
    if isinstance(error, dict):
        error = error.get("message") or error.get("type")
    return error if isinstance(error, str) else ""


def _level(value: Any) -> str | None:
    if isinstance(value, int):
        return _PINO.get(value)
    if not isinstance(value, str):
        return None
    word = value.strip().lower()
    return _WORDS.get(word, word)[:40] or None


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and value != "" else None


def answer(outcome: Outcome) -> Answer:
    """How many lines were kept; the others are in quarantine."""
    errors = [{"index": index, "reason": reason} for index, reason in outcome.errors[:100]]
    counts = {"accepted": outcome.accepted, "duplicates": outcome.duplicates, "errors": errors}
    nothing = bool(outcome.errors) and not (outcome.accepted or outcome.duplicates or outcome.dropped)
    return Answer(400 if nothing else 200, orjson.dumps({"data": counts}))


WIRE = Wire("log_lines", opened, read, answer)
