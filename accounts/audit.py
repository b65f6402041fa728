"""The trail: who did what, and what was refused. Rows are only ever added."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from accounts.actor import Actor
from data_access.store import audit, reading, writing

Outcome = Literal["done", "refused", "not_found", "failed"]


@dataclass(frozen=True)
class Entry:
    """One line of the trail. `action` is a verb such as sign_in, open_page, query; `object` what it was done to."""

    action: str
    object: str
    outcome: Outcome
    actor: Actor | None = None
    address: str = ""
    trace: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def record(store: sa.Engine, entry: Entry, now: datetime) -> None:
    """Add a line."""
    row = {
        "at": now,
        "tenant": entry.actor.tenant.key if entry.actor else None,
        "actor": entry.actor.id if entry.actor else None,
        "action": entry.action[:60],
        "object": entry.object[:200],
        "outcome": entry.outcome,
        "address": entry.address[:64],
        "trace": entry.trace[:32],
        "details": entry.details,
    }
    with writing(store) as tx:
        tx.execute(sa.insert(audit).values(row))


def newest(store: sa.Engine, tenant: int | None, *, limit: int = 100, before: int | None = None) -> list[dict[str, Any]]:
    """The latest lines of a tenant (None: those that belong to nobody), newest first; `before` is an id to page on from."""
    question = sa.select(audit).where(audit.c.tenant.is_not_distinct_from(tenant)).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        question = question.where(audit.c.id < before)
    with reading(store) as tx:
        return [dict(row) for row in tx.execute(question).mappings()]
