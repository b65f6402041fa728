"""Rollups against the raw facts, by statements of their own: `vigie rollup --check`, and tests.

python -c "from ingest.verify import differences; …"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import sqlalchemy as sa

from accounts.actor import Tenant
from analytics.sources.latency import MEASURED
from data_access.schema import (
    events,
    mrr_movements,
    rollup_active,
    rollup_activity,
    rollup_event_day,
    rollup_latency,
    rollup_user_day,
    sessions,
    subscriptions,
)
from data_access.warehouse import Warehouse

Statement = sa.Select[Any]
SHOWN = 5  # differences named per check
CUBE = ("day", "name", "category", "country", "device", "channel", "plan", "kind")
CLOSE = 1e-6  # sums of floats in another order


def differences(warehouse: Warehouse, tenant: Tenant) -> dict[str, list[str]]:
    """What is kept beside the facts and does not equal them: check → some of the rows; {} when all is well."""
    found = {name: _compared(warehouse, *pair(tenant.key)) for name, pair in CHECKS.items()}
    found["rollup_activity"] = _activity(warehouse, tenant.key)
    for measured in MEASURED:
        found[f"rollup_latency {measured.name}"] = _compared(warehouse, *_latency(tenant.key, measured))
    return {name: lines for name, lines in found.items() if lines}


def _compared(warehouse: Warehouse, kept: Statement, raw: Statement) -> list[str]:
    """Rows (keys…, value) that are in one and not in the other."""
    frames = [_keyed(warehouse.read(statement)) for statement in (kept, raw)]
    both = pd.concat(frames, axis=1, keys=["kept", "raw"]).fillna(0.0)
    apart = both[(both["kept"] - both["raw"]).abs() > CLOSE * (1 + both["raw"].abs())]
    return [f"{key}: kept {row.kept:g}, raw {row.raw:g}" for key, row in apart.head(SHOWN).iterrows()]


def _keyed(frame: pd.DataFrame) -> pd.Series:
    keys = [frame[name].astype("string").fillna("") for name in frame.columns[:-1]]
    values = frame[frame.columns[-1]].astype("float64").fillna(0.0)
    return values.groupby(keys).sum() if len(frame) else pd.Series(dtype="float64")


def _counted(table: sa.Table, tenant: int, by: tuple[str, ...], value: sa.ColumnElement[Any]) -> Statement:
    columns = [table.c[name] for name in by]
    return sa.select(*columns, value).where(table.c.tenant == tenant).group_by(*columns)


def _events(value: Callable[[sa.FromClause], sa.ColumnElement[Any]]) -> Callable[[int], tuple[Statement, Statement]]:
    """A measure of the cube; `value` of raw events or of the rollup by column name."""

    def pair(tenant: int) -> tuple[Statement, Statement]:
        return _counted(rollup_event_day, tenant, CUBE, value(rollup_event_day)), _counted(events, tenant, CUBE, value(events))

    return pair


def _event_counts(tenant: int) -> tuple[Statement, Statement]:
    kept = _counted(rollup_event_day, tenant, CUBE, sa.func.sum(rollup_event_day.c.events))
    return kept, _counted(events, tenant, CUBE, sa.func.count())


def _daily_users(tenant: int) -> tuple[Statement, Statement]:
    kept = _counted(rollup_user_day, tenant, ("day",), sa.func.count(rollup_user_day.c.user_key.distinct()))
    return kept, _known_users(tenant, sa.func.count(events.c.user_key.distinct()))


def _known_users(tenant: int, value: sa.ColumnElement[Any]) -> Statement:
    return _counted(events, tenant, ("day",), value).where(events.c.user_key.is_not(None))


def _user_events(tenant: int) -> tuple[Statement, Statement]:
    return _counted(rollup_user_day, tenant, ("day",), sa.func.sum(rollup_user_day.c.events)), _known_users(tenant, sa.func.count())


def _active(tenant: int) -> tuple[Statement, Statement]:
    """Everyone by the day they were active and the day before that on which they were."""
    kept = _counted(rollup_active, tenant, ("day", "prev_day"), sa.func.sum(rollup_active.c.users)).where(rollup_active.c.dimension == "")
    days = sa.select(events.c.user_key, events.c.day).where(events.c.tenant == tenant, events.c.user_key.is_not(None)).distinct().subquery()
    before = sa.func.lag(days.c.day).over(partition_by=days.c.user_key, order_by=days.c.day).label("prev_day")
    steps = sa.select(days.c.day, before).subquery()
    return kept, sa.select(steps.c.day, steps.c.prev_day, sa.func.count()).group_by(steps.c.day, steps.c.prev_day)


def _sessions(tenant: int) -> tuple[Statement, Statement]:
    """Sessions by key: how many events each has."""
    raw = _counted(events, tenant, ("session_key",), sa.func.count()).where(events.c.session_key.is_not(None))
    return _counted(sessions, tenant, ("session_key",), sa.func.sum(sessions.c.events)), raw


def _customers(tenant: int) -> tuple[Statement, Statement]:
    """Who has movements has subscriptions that were worth something, and the other way round."""
    kept = _counted(mrr_movements, tenant, ("customer",), sa.func.max(1)).where(mrr_movements.c.movement == "new")
    return kept, _counted(subscriptions, tenant, ("customer",), sa.func.max(1)).where(subscriptions.c.mrr_minor > 0)


def _latency(tenant: int, measured: Any) -> tuple[Statement, Statement]:
    kept = _counted(rollup_latency, tenant, ("day",), sa.func.sum(rollup_latency.c.requests)).where(
        rollup_latency.c.source == measured.name
    )
    return kept, _counted(measured.table, tenant, ("day",), sa.func.count()).where(*measured.where)


def _activity(warehouse: Warehouse, tenant: int) -> list[str]:
    """As many bits as there are users and days."""
    bits = warehouse.read(sa.select(rollup_activity.c.bits).where(rollup_activity.c.tenant == tenant))["bits"]
    kept = sum(int(word).bit_count() for word in bits)
    pairs = sa.select(events.c.user_key, events.c.day).where(events.c.tenant == tenant, events.c.user_key.is_not(None)).distinct()
    raw = int(warehouse.read(sa.select(sa.func.count()).select_from(pairs.subquery())).iat[0, 0])
    return [] if kept == raw else [f"kept {kept} active days, raw {raw}"]


CHECKS: dict[str, Callable[[int], tuple[Statement, Statement]]] = {
    "rollup_event_day events": _event_counts,
    "rollup_event_day value": _events(lambda table: sa.func.sum(table.c.value_base_minor)),
    "rollup_event_day duration": _events(lambda table: sa.func.sum(table.c.duration_ms)),
    "rollup_user_day users": _daily_users,
    "rollup_user_day events": _user_events,
    "rollup_active": _active,
    "sessions": _sessions,
    "mrr_movements customers": _customers,
}
