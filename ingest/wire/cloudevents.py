"""CloudEvents 1.0 over HTTP: structured, batched and binary. Source and id together make the id; the subject is the user."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ingest.decode import Refused, object_of, parsed
from ingest.wire import keys
from ingest.wire.segment import answer
from ingest.wire.wire import Envelope, Fact, Letter, Wire
from ingest.wire.words import objects, text

_PREFIX = "ce-"


def opened(envelope: Envelope) -> Letter:
    kind = envelope.headers.get("content-type", "").split(";")[0].strip().lower()
    key = keys.presented(envelope, {})
    body = parsed(envelope.body) if envelope.body or kind.startswith("application/cloudevents") else None
    if kind == "application/cloudevents-batch+json":
        if not isinstance(body, list):
            raise Refused(400, "malformed", "a batch is a list of events")
        return Letter(key, body)
    if kind == "application/cloudevents+json":
        return Letter(key, [object_of(body)])
    attributes: dict[str, Any] = {n.removeprefix(_PREFIX): v for n, v in envelope.headers.items() if n.startswith(_PREFIX)}
    if not attributes:
        raise Refused(400, "malformed", "neither ce- headers nor a content type of CloudEvents")
    return Letter(key, [{**attributes, "data": body}])


def read(item: Any, letter: Letter) -> Iterable[Fact]:
    event = objects(item)
    name, source = text(event, "type", required=True), text(event, "source", required=True)
    data = event.get("data")
    row = {
        "id": f"{source}\x1f{text(event, 'id', required=True)}",
        "ts": event.get("time"),
        "name": name,
        "source": source,
        "user_id": text(event, "subject"),
        "properties": data if isinstance(data, dict) or data is None else {"data": data},
    }
    # A service speaks, not the person's browser.
    yield Fact("events", row, {"server": True})


WIRE = Wire("cloudevents", opened, read, answer)
