"""How much came from where, as the drains counted it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from data_access.store import ingest_hours, plan_violations, reading, writing

REACH = timedelta(hours=24)


@dataclass(frozen=True)
class Volume:
    """One source in the last 24 hours. `lag`: the longest from receipt to the warehouse in seconds."""

    source: str
    rows: int
    quarantined: int
    lag: float
    last_at: datetime


def sources(store: sa.Engine, tenant: int, now: datetime) -> tuple[Volume, ...]:
    """The tenant's sources, the busiest first; one that was silent for 24 hours is not there."""
    c = ingest_hours.c
    rows = sa.func.sum(c.rows).label("rows")
    question = sa.select(
        c.source,
        rows,
        sa.func.sum(c.quarantined).label("bad"),
        sa.func.max(c.lag_seconds).label("lag"),
        sa.func.max(c.last_at).label("last"),
    )
    recent = question.where(c.tenant == tenant, c.hour > now - REACH).group_by(c.source).order_by(rows.desc(), c.source)
    with reading(store) as tx:
        return tuple(Volume(row.source, int(row.rows), int(row.bad), float(row.lag), row.last) for row in tx.execute(recent).all())


def purge(store: sa.Engine, now: datetime) -> int:
    """Forget counts older than three months."""
    old = now - timedelta(days=92)
    with writing(store) as tx:
        gone = tx.execute(sa.delete(ingest_hours).where(ingest_hours.c.hour < old)).rowcount
        return gone + tx.execute(sa.delete(plan_violations).where(plan_violations.c.day < old.date())).rowcount
