"""Who looks at which rule: a due rule has one taker, and what a taker that died or lost its lease decides is not written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from alerts.book import Kept, of_row
from data_access.store import reading, rules, writing

LEASE = timedelta(minutes=3)
AT_ONCE = 50


@dataclass(frozen=True)
class Held:
    """A rule this worker may look at until its lease ends; `token` names this one claim."""

    kept: Kept
    token: str


def claim(store: sa.Engine, now: datetime, limit: int = AT_ONCE) -> list[Held]:
    """Take up to `limit` rules that are due and free, those that waited longest first."""
    free = sa.or_(rules.c.lease_until.is_(None), rules.c.lease_until < now)
    due = sa.select(rules).where(rules.c.enabled, rules.c.due_at <= now, free).order_by(rules.c.due_at).limit(limit)
    with reading(store) as tx:
        candidates = [of_row(row) for row in tx.execute(due).mappings()]
    return [held for kept in candidates if (held := _taken(store, kept, free, now))]


def _taken(store: sa.Engine, kept: Kept, free: sa.ColumnElement[bool], now: datetime) -> Held | None:
    token = uuid.uuid4().hex
    same = (rules.c.id == kept.id, rules.c.due_at == kept.due_at, rules.c.version == kept.version, rules.c.enabled, free)
    with writing(store) as tx:
        taken = tx.execute(sa.update(rules).where(*same).values(lease_until=now + LEASE, leased_by=token)).rowcount
    return Held(kept, token) if taken == 1 else None


def give_back(tx: sa.Connection, held: Held, values: dict[str, object]) -> bool:
    """End the claim inside the transaction that records what was decided. False where the lease went to somebody else or the
    rule was changed meanwhile: then nothing of the transaction may stay."""
    mine = (rules.c.id == held.kept.id, rules.c.leased_by == held.token, rules.c.version == held.kept.version)
    ended = {**values, "lease_until": None, "leased_by": None}
    return tx.execute(sa.update(rules).where(*mine).values(ended)).rowcount == 1
