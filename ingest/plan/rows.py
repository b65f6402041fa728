"""The plan in the store: read, change, count against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from data_access.store import plan_violations, planned_events, reading, writing
from ingest.plan import Planned, Property


@dataclass(frozen=True)
class Violation:
    """How often events broke the plan in one way."""

    event: str
    property: str
    problem: str
    events: int
    last_at: datetime


def plan_of(store: sa.Engine, tenant: int) -> dict[str, Planned]:
    """The tenant's plan by event, in the order of names."""
    c = planned_events.c
    with reading(store) as tx:
        rows = tx.execute(sa.select(planned_events).where(c.tenant == tenant).order_by(c.event)).all()
    return {row.event: _planned(row) for row in rows}


def _planned(row: Any) -> Planned:
    properties = tuple(Property(str(p["name"]), str(p["type"]), bool(p["required"])) for p in row.properties)
    return Planned(row.event, row.description, row.owner, row.status, properties)


def save(store: sa.Engine, tenant: int, planned: Planned, *, by: str, now: datetime) -> None:
    """Add an event to the plan, or change it. Raises BadPlan."""
    checked, c = planned.checked(), planned_events.c
    values = {
        "description": checked.description.strip()[:500],
        "owner": checked.owner.strip()[:120],
        "status": checked.status,
        "properties": [asdict(one) for one in checked.properties],
        "updated_at": now,
        "updated_by": by[:200],
    }
    with writing(store) as tx:
        same = sa.update(planned_events).where(c.tenant == tenant, c.event == checked.event)
        if not tx.execute(same.values(values)).rowcount:
            tx.execute(sa.insert(planned_events).values(tenant=tenant, event=checked.event, **values))


def remove(store: sa.Engine, tenant: int, event: str) -> bool:
    """Take an event out of the plan; False where it was not in it."""
    c = planned_events.c
    with writing(store) as tx:
        return tx.execute(sa.delete(planned_events).where(c.tenant == tenant, c.event == event)).rowcount == 1


def violations(store: sa.Engine, tenant: int, since: date) -> tuple[Violation, ...]:
    """What broke the plan from that day (UTC) on, the most frequent first."""
    c = plan_violations.c
    count = sa.func.sum(c.events).label("events")
    question = sa.select(c.event, c.property, c.problem, count, sa.func.max(c.last_at).label("last_at"))
    grouped = question.where(c.tenant == tenant, c.day >= since).group_by(c.event, c.property, c.problem)
    with reading(store) as tx:
        rows = tx.execute(grouped.order_by(count.desc(), c.event, c.property).limit(500)).all()
    return tuple(Violation(row.event, row.property, row.problem, int(row.events), row.last_at) for row in rows)


def add(tx: sa.Connection, table: sa.Table, keys: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Bring a counter up to date, or begin it: `changes` are added to numbers, and instants and lags raised."""
    c = table.c
    raised = {name: _more(c[name], value) for name, value in changes.items()}
    if not tx.execute(sa.update(table).where(*(c[name] == value for name, value in keys.items())).values(raised)).rowcount:
        tx.execute(sa.insert(table).values(**keys, **changes))


def _more(column: sa.Column[Any], value: Any) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.Integer):
        return column + value
    return sa.case((column > value, column), else_=value)
