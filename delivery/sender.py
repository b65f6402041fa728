"""Sending what waits in the outbox: one attempt each, with a breaker per channel so that one that is down is not hammered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import sqlalchemy as sa

from data_access.store import reading
from delivery import outbox
from delivery.book import opened
from delivery.channels import CHANNELS
from delivery.channels.channel import ChannelSettings, Means
from delivery.message import Message, Refused, Unreachable
from delivery.outbox import Letter

log = logging.getLogger(__name__)
STRIKES, REST = 3, timedelta(minutes=2)
Render = Callable[[sa.Connection, Letter, str], Message | None]  # None: there is nothing left to tell


@dataclass
class Breaker:
    """After STRIKES failures in a row a channel rests; then one attempt decides."""

    strikes: dict[str, int] = field(default_factory=dict)
    resting: dict[str, datetime] = field(default_factory=dict)

    def open(self, channel: str, now: datetime) -> bool:
        return self.resting.get(channel, now) > now

    def failed(self, channel: str, now: datetime) -> None:
        self.strikes[channel] = self.strikes.get(channel, 0) + 1
        if self.strikes[channel] >= STRIKES:
            self.resting[channel] = now + REST

    def passed(self, channel: str) -> None:
        self.strikes.pop(channel, None)
        self.resting.pop(channel, None)


@dataclass(frozen=True)
class Desk:
    """What sending needs: the store, the secret that seals channels, the installation's means, and a renderer for each kind of
    message (`message["kind"]`)."""

    store: sa.Engine
    secret: bytes
    means: Means
    renderers: Mapping[str, Render]
    breaker: Breaker = field(default_factory=Breaker)


@dataclass(frozen=True)
class Sent:
    sent: int = 0
    waiting: int = 0
    given_up: tuple[Letter, ...] = ()


def send_due(desk: Desk, now: datetime) -> Sent:
    """One attempt for each message that is due and free."""
    sent, waiting, lost = 0, 0, []
    for letter, token in outbox.claim(desk.store, now):
        outcome = _attempt(desk, letter, token, now)
        sent += outcome == "sent"
        waiting += outcome == "retry"
        if outcome == "refused":
            lost.append(letter)
    return Sent(sent, waiting, tuple(lost))


def _attempt(desk: Desk, letter: Letter, token: str, now: datetime) -> str:
    if desk.breaker.open(letter.channel, now):
        outbox.rest(desk.store, letter, token, desk.breaker.resting[letter.channel])
        return "resting"
    with reading(desk.store) as tx:
        found = opened(tx, letter.tenant, letter.channel, desk.secret)
        message = None if found is None else _rendered(desk, tx, letter, found[1])
    if found is None:
        outbox.failed(desk.store, letter, token, now=now, why="the channel is gone or switched off", final=True)
        return "refused"
    if message is None:
        outbox.sent(desk.store, letter, token, now=now)
        return "nothing"
    return _sent(desk, letter, token, now=now, way=found, message=message)


def _rendered(desk: Desk, tx: sa.Connection, letter: Letter, settings: ChannelSettings) -> Message | None:
    return desk.renderers[str(letter.message["kind"])](tx, letter, settings.language)


def _sent(desk: Desk, letter: Letter, token: str, *, now: datetime, way: tuple[str, ChannelSettings], message: Message) -> str:
    started = monotonic()
    why, final = _tried(*way, message, replace(desk.means, now=now))
    spent = round((monotonic() - started) * 1000)
    if not why:
        desk.breaker.passed(letter.channel)
        outbox.sent(desk.store, letter, token, now=now, milliseconds=spent)
        return "sent"
    if not final:
        desk.breaker.failed(letter.channel, now)
    log.warning("message %s by %s: %s", letter.about, way[0], why)
    return "refused" if outbox.failed(desk.store, letter, token, now=now, why=why, final=final, milliseconds=spent) else "retry"


def _tried(kind: str, settings: Any, message: Message, means: Means) -> tuple[str, bool]:
    """Why it failed ("" where it did not), and whether for good."""
    try:
        CHANNELS[kind].send(settings, message, means)
    except Refused as error:
        return str(error)[:500], True
    except Unreachable as error:
        return str(error)[:500], False
    except Exception as error:  # a channel's own fault must not stop the others
        log.exception("channel %s failed", kind)
        return type(error).__name__, False
    return "", False
