"""A map says what the messages of each topic are: a TOML file, one or more events of Vigie's own format per topic.

tenant = "acme"

[["commerce.operation.created"]]
type = "payment"
id = "eventId"                          # a path into the message; without it topic, partition and offset
ts = "occurredAt"
user_id = "customer.id"
data.payment_id = "operation.id"
data.type = "=captured"                 # an equals sign: the words themselves
data.amount_minor = "minor amount.value amount.currency"   # whole units as minor units of the currency
data.currency = "amount.currency"
when = { "operation.kind" = ["payment", "deposit"] }       # else the message makes no such event
words."data.status" = { DONE = "paid" }                    # how a value is called here
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.wire.types import TYPES
from ingest.wire.words import minor

_META = ("type", "when", "words")
_FIELDS = frozenset(
    {"id", "ts", "user_id", "anonymous_id", "account_id", "name", "category", "previous_id", "currency", "value_minor", "role"}
)
_NESTED = ("data", "traits", "properties")


class BadMap(ValueError):
    """The map cannot be used; the message names the topic and what to change."""


@dataclass(frozen=True)
class Rule:
    """One event that a message makes. `fields`: (path of the event's field, how its value is found)."""

    type: str
    fields: tuple[tuple[str, str], ...]
    when: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    words: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def event(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """The event as Vigie's own format has it; None where the message is of another kind."""
        if not all(_at(message, path) in allowed for path, allowed in self.when):
            return None
        words = {path: dict(pairs) for path, pairs in self.words}
        event: dict[str, Any] = {"type": self.type}
        for path, how in self.fields:
            value = _value(message, how)
            if isinstance(value, str) and path in words:
                value = words[path].get(value, value)
            if value is not None:
                _put(event, path, value)
        return event


@dataclass(frozen=True)
class TopicMap:
    """Whose messages they are, and the rules of each topic."""

    tenant: str
    topics: Mapping[str, tuple[Rule, ...]]


def read_map(path: Path) -> TopicMap:
    """Raises BadMap, and OSError where there is no such file."""
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadMap(f"{path}: {error}") from None
    tenant = said.pop("tenant", None)
    if not isinstance(tenant, str) or not tenant:
        raise BadMap(f'{path}: name the company, tenant = "slug"')
    topics = {topic: tuple(_rule(topic, one) for one in rules) for topic, rules in said.items() if isinstance(rules, list)}
    if len(topics) != len(said) or not topics:
        raise BadMap(f'{path}: each topic is an array of tables, [["topic.name"]]')
    return TopicMap(tenant, topics)


def _rule(topic: str, said: Any) -> Rule:
    kind = said.get("type", "track")
    if kind not in TYPES:
        raise BadMap(f"{topic}: type must be one of {', '.join(TYPES)}")
    fields = tuple(_flat({name: value for name, value in said.items() if name not in _META}))
    for path, how in fields:
        first, _, rest = path.partition(".")
        if not isinstance(how, str) or (first not in _FIELDS and not (first in _NESTED and rest)):
            raise BadMap(f"{topic}: {path} is not a field of an event, or its value is not a path or =words")
        if first == "data" and rest not in TYPES[kind].fields:
            raise BadMap(f"{topic}: {rest} is not a field of {kind}")
    when = tuple((path, tuple(values)) for path, values in said.get("when", {}).items())
    words = tuple((path, tuple(pairs.items())) for path, pairs in said.get("words", {}).items())
    return Rule(kind, fields, when, words)


def _flat(said: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in said.items():
        found += _flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, value)]
    return found


def _value(message: Mapping[str, Any], how: str) -> Any:
    if how.startswith("="):
        return how[1:]
    if how.startswith("minor "):
        amount, currency = (_at(message, path) for path in how.split()[1:3])
        return minor(amount, currency)
    return _at(message, how)


def _at(message: Any, path: str) -> Any:
    for part in path.split("."):
        message = message.get(part) if isinstance(message, dict) else None
    return message


def _put(event: dict[str, Any], path: str, value: Any) -> None:
    first, _, rest = path.partition(".")
    if rest:
        event.setdefault(first, {})[rest] = value
    else:
        event[first] = value
