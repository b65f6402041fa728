"""What every wire format speaks of: an envelope comes in, a letter is read from it, its items become facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ingest.decode import MOST_BYTES
from ingest.decode_values import BadEvent

__all__ = ["Answer", "BadEvent", "Context", "Envelope", "Fact", "Letter", "Outcome", "Wire"]

# What is known of the sender's surroundings and read by enrichment: ip, user_agent, url, referrer, locale, screen,
# os, os_version, browser, browser_version, device, country, campaign {source, medium, campaign, term, content}, opt_out.
Context = dict[str, Any]
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Envelope:
    """One request: `headers` by lower-case name, `body` unpacked, `received` in microseconds since 1970."""

    body: bytes
    received: int
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)  # named parts of the path
    address: str = ""
    path: str = ""
    url: str = ""  # as this server saw it


@dataclass(slots=True)
class Letter:
    """What an envelope holds: the write key, the items, when the sender's clock says it was sent."""

    key: str
    items: list[Any]
    sent: Any = None
    shared: Any = None  # whatever `read` needs beside an item
    tenant: str | None = None  # the tenant the address names, where it does; the key must be of the same


class Fact(NamedTuple):
    """A row for a table, its values still as they were sent.

    `row` holds columns of the table, `id` (text), `ts` (any form of time) and the source's own `user_id` and
    `account_id`. Of users, accounts and aliases `id` and `ts` are the message's, for duplicates and dates.
    """

    table: str
    row: dict[str, Any]
    context: Context | None = None


@dataclass(slots=True)
class Outcome:
    """What became of a letter: counts of items, and what was wrong by index."""

    accepted: int = 0
    duplicates: int = 0
    dropped: int = 0  # the person asked not to be tracked
    errors: list[tuple[int, str]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)
    asked_as: str = ""  # the question's content type


class Answer(NamedTuple):
    status: int
    body: bytes
    kind: str = "application/json"


@dataclass(frozen=True)
class Wire:
    """A format. `open` raises Refused for a whole request, `read` raises BadEvent for one item."""

    name: str
    open: Callable[[Envelope], Letter]
    read: Callable[[Any, Letter], Iterable[Fact]]
    answer: Callable[[Outcome], Answer]
    limit: int = MOST_BYTES
    check: Callable[[Envelope, str], None] | None = None  # a signature, with the secret kept beside the key
    fetches: bool = False  # the check may wait for the network
