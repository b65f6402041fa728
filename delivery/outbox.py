"""The outbox: a message is a row written in the transaction of what it tells of, and sent by whoever holds its lease.

So a process killed between the change and the message sends it after its restart; one killed between sending and noting it
sends it again under the same idempotency key, which the receiver is given.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from data_access.store import deliveries, outbox, reading, writing

LEASE = timedelta(minutes=2)
AT_ONCE = 20
RETRIES = (10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)  # seconds before each further attempt: about eleven hours in all


@dataclass(frozen=True)
class Letter:
    """A message on its way. `key` is the idempotency key; `message` is what a renderer of `about`'s kind understands."""

    id: str
    tenant: int
    key: str
    channel: str
    about: str
    message: Mapping[str, Any]
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class Draft:
    """A message to be sent by one channel, at `due_at` or later."""

    tenant: int
    key: str
    channel: str
    about: str
    message: Mapping[str, Any]
    due_at: datetime


def put(tx: sa.Connection, draft: Draft, now: datetime) -> bool:
    """Add the message inside the caller's transaction. False where its key is there already: the effect is written once."""
    if tx.scalar(sa.select(outbox.c.id).where(outbox.c.key == draft.key)) is not None:
        return False
    row = {
        "id": uuid.uuid4().hex,
        "tenant": draft.tenant,
        "key": draft.key[:200],
        "channel": draft.channel,
        "about": draft.about[:80],
        "message": dict(draft.message),
        "state": "waiting",
        "attempts": 0,
        "due_at": draft.due_at,
        "created_at": now,
    }
    tx.execute(sa.insert(outbox).values(row))
    return True


def claim(store: sa.Engine, now: datetime, limit: int = AT_ONCE) -> list[tuple[Letter, str]]:
    """Take up to `limit` waiting messages that are due, each with the token of its lease."""
    free = sa.or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < now)
    due = sa.select(outbox).where(outbox.c.state == "waiting", outbox.c.due_at <= now, free).order_by(outbox.c.due_at).limit(limit)
    with reading(store) as tx:
        candidates = [_letter(row) for row in tx.execute(due).mappings()]
    taken = []
    for letter in candidates:
        token = uuid.uuid4().hex
        same = (outbox.c.id == letter.id, outbox.c.state == "waiting", outbox.c.attempts == letter.attempts, free)
        with writing(store) as tx:
            held = tx.execute(sa.update(outbox).where(*same).values(lease_until=now + LEASE, leased_by=token)).rowcount
        if held == 1:
            taken.append((letter, token))
    return taken


def sent(store: sa.Engine, letter: Letter, token: str, *, now: datetime, milliseconds: int = 0) -> None:
    """Note that the receiver has it."""
    _ended(store, letter, token, values={"state": "sent", "ended_at": now}, log=("sent", "", now, milliseconds))


def failed(store: sa.Engine, letter: Letter, token: str, *, now: datetime, why: str, final: bool = False, milliseconds: int = 0) -> bool:
    """Note an attempt that failed; the message waits for its next, or is given up. Whether it was given up."""
    over = final or letter.attempts >= len(RETRIES)
    if over:
        values: dict[str, Any] = {"state": "failed", "ended_at": now}
    else:
        values = {"due_at": now + timedelta(seconds=RETRIES[letter.attempts])}
    _ended(store, letter, token, values=values, log=("refused" if over else "retry", why[:500], now, milliseconds))
    return over


def rest(store: sa.Engine, letter: Letter, token: str, until: datetime) -> None:
    """Give the message back without an attempt: it waits until then."""
    with writing(store) as tx:
        mine = (outbox.c.id == letter.id, outbox.c.leased_by == token)
        tx.execute(sa.update(outbox).where(*mine).values(due_at=until, lease_until=None, leased_by=None))


def _ended(store: sa.Engine, letter: Letter, token: str, *, values: dict[str, Any], log: tuple[str, str, datetime, int]) -> None:
    outcome, detail, now, milliseconds = log
    values = {**values, "attempts": letter.attempts + 1, "lease_until": None, "leased_by": None}
    with writing(store) as tx:
        tx.execute(sa.update(outbox).where(outbox.c.id == letter.id, outbox.c.leased_by == token).values(values))
        tx.execute(sa.insert(deliveries).values(outbox=letter.id, at=now, outcome=outcome, detail=detail, milliseconds=milliseconds))


def _letter(row: sa.RowMapping) -> Letter:
    return Letter(**{name: row[name] for name in Letter.__dataclass_fields__})
