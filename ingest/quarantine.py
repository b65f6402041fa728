"""Events that could not be kept as they were: listed with their reason, offered again after a fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
import sqlalchemy as sa

from data_access.store import quarantine, reading, writing

MOST_KEPT = 10_000  # per tenant; the oldest make room


@dataclass(frozen=True)
class Aside:
    """One event put aside. `event` is as it was sent, None where it was too long to keep whole."""

    id: str
    at: datetime
    source: str
    reason: str
    event: Any
    replayed_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """What to put aside: `mark` makes the id, so that the same journal record adds nothing twice."""

    source: str
    reason: str
    event: str
    mark: str


def keep(store: sa.Engine, tenant: int, entries: Sequence[Entry], now: datetime) -> int:
    """Put events aside; the number that were not there yet."""
    rows = {blake2b(entry.mark.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest(): entry for entry in entries}
    c = quarantine.c
    with writing(store) as tx:
        known = set(tx.scalars(sa.select(c.id).where(c.id.in_(list(rows)))))
        new = [
            {"id": key, "tenant": tenant, "at": now, "source": entry.source, "reason": entry.reason[:300], "event": entry.event}
            for key, entry in rows.items()
            if key not in known
        ]
        if new:
            tx.execute(sa.insert(quarantine), new)
            oldest = sa.select(c.id).where(c.tenant == tenant).order_by(c.at.desc(), c.id).offset(MOST_KEPT)
            tx.execute(sa.delete(quarantine).where(c.id.in_(oldest)))
    return len(new)


def listed(store: sa.Engine, tenant: int, *, limit: int = 100, offset: int = 0) -> tuple[Aside, ...]:
    """The tenant's events put aside, newest first."""
    c = quarantine.c
    question = sa.select(quarantine).where(c.tenant == tenant).order_by(c.at.desc(), c.id).limit(limit).offset(offset)
    with reading(store) as tx:
        return tuple(_aside(row) for row in tx.execute(question).all())


def reasons(store: sa.Engine, tenant: int) -> tuple[tuple[str, str, int], ...]:
    """(source, reason, events) of those not replayed, the most frequent first."""
    c = quarantine.c
    count = sa.func.count().label("events")
    question = sa.select(c.source, c.reason, count).where(c.tenant == tenant, c.replayed_at.is_(None))
    with reading(store) as tx:
        rows = tx.execute(question.group_by(c.source, c.reason).order_by(count.desc(), c.reason)).all()
    return tuple((row.source, row.reason, row.events) for row in rows)


def waiting(store: sa.Engine, tenant: int, identities: Sequence[str]) -> tuple[Aside, ...]:
    """Those of the tenant's that can be offered again: kept whole and not replayed yet."""
    c = quarantine.c
    question = sa.select(quarantine).where(c.tenant == tenant, c.id.in_(list(identities)), c.replayed_at.is_(None))
    with reading(store) as tx:
        found = [_aside(row) for row in tx.execute(question).all()]
    return tuple(aside for aside in found if aside.event is not None)


def mark_replayed(store: sa.Engine, tenant: int, identities: Sequence[str], now: datetime) -> None:
    """They came in after all."""
    c = quarantine.c
    with writing(store) as tx:
        tx.execute(sa.update(quarantine).where(c.tenant == tenant, c.id.in_(list(identities))).values(replayed_at=now))


def _aside(row: Any) -> Aside:
    try:
        event = orjson.loads(row.event)
    except orjson.JSONDecodeError:
        event = None
    return Aside(row.id, row.at, row.source, row.reason, event, row.replayed_at)
