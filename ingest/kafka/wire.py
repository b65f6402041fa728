"""Messages of Kafka as letters: what a message makes is read as Vigie's own format is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from ingest.decode import Refused
from ingest.kafka.map import TopicMap
from ingest.wire import vigie
from ingest.wire.wire import Answer, BadEvent, Envelope, Fact, Letter, Outcome, Wire
from ingest.wire.words import mapping, objects, text

NAME = "kafka"


def item(topic: str, place: str, value: bytes | None) -> dict[str, Any]:
    """A message as an item, also as it lies in quarantine. `place`: partition and offset."""
    try:
        said = orjson.loads(value or b"null")
    except orjson.JSONDecodeError:
        said = (value or b"").decode("utf-8", "replace")[:10_000]
    return {"topic": topic, "place": place, "message": said}


def wire(of: TopicMap) -> Wire:
    """The format of a map's topics."""

    def read(found: Any, letter: Letter) -> Iterable[Fact]:
        said = objects(found)
        topic = text(said, "topic", required=True) or ""
        if topic not in of.topics:
            raise BadEvent(f"the map has no topic {topic}")
        message = mapping(said, "message")
        for number, rule in enumerate(of.topics[topic]):
            event = rule.event(message)
            if event is None:
                continue
            # One message may make several events: each needs an id of its own, the same whenever it is read again.
            event["id"] = "\x1f".join((topic, str(event.get("id") or said.get("place")), str(number)))
            event["context"] = {"server": True}
            yield from vigie.read(event, letter)

    return Wire(NAME, _unopened, read, _unanswered)


def _unopened(_envelope: Envelope) -> Letter:
    raise Refused(404, "not_found", "messages come from Kafka, not over HTTP")


def _unanswered(_outcome: Outcome) -> Answer:
    return Answer(200, b"{}")
