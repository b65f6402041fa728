"""What is kept beside the facts against the facts, by statements of their own: `vigie verify`, and tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from accounts.actor import Tenant
from analytics.sources.events import PAGE_VIEW
from analytics.sources.latency import MEASURED, Measured, bucket_of
from data_access.functions import days_between
from data_access.schema import (
    events,
    mrr_movements,
    rollup_active,
    rollup_activity,
    rollup_event_day,
    rollup_event_hour,
    rollup_latency,
    rollup_page_day,
    rollup_session_day,
    rollup_user_day,
    sessions,
    subscriptions,
)
from data_access.warehouse import Warehouse
from ingest.lists import check

Statement = sa.Select[Any]
Progress = Callable[[float, str], None]
SHOWN = 5  # differences named per check
PATIENCE = 6 * 3600.0  # seconds for one comparison
DIMENSIONS = ("country", "device", "channel", "plan", "kind")
CLOSE = 1e-6  # sums of floats in another order


def differences(warehouse: Warehouse, tenant: Tenant, progress: Progress = lambda done, what: None) -> dict[str, list[str]]:
    """What is kept beside the facts and does not equal them: check → some of the rows; {} when all is well."""
    checks = comparisons(tenant.key)
    found = {}
    for number, (name, (kept, raw)) in enumerate(checks.items()):
        progress(number / (len(checks) + 1), f"{tenant.name}: {name}")
        found[name] = _compared(warehouse, kept, raw)
    progress(len(checks) / (len(checks) + 1), f"{tenant.name}: posting lists")
    found["posting lists"] = check.differences(warehouse, tenant)[:SHOWN]
    return {name: lines for name, lines in found.items() if lines}


def comparisons(tenant: int) -> dict[str, tuple[Statement, Statement]]:
    """Each check's statements, what is kept and what the facts say: keys, then a number as the last column."""
    found = {name: pair(tenant) for name, pair in CHECKS.items()}
    for dimension in ("", *DIMENSIONS):
        found[f"rollup_active {dimension or 'everyone'}"] = _active(tenant, dimension)
    return found | {f"rollup_latency {measured.name}": _latency(tenant, measured) for measured in MEASURED}


def _compared(warehouse: Warehouse, kept: Statement, raw: Statement) -> list[str]:
    """Rows whose number differs, compared by the engine."""
    sides = [statement.subquery() for statement in (kept, raw)]
    keys = [f"k{i}" for i in range(len(sides[0].c) - 1)]
    parts = []
    for number, side in enumerate(sides):
        *named, value = side.c
        both = [sa.cast(value, sa.Double), sa.cast(sa.literal(0), sa.Double)]
        words = [sa.func.coalesce(sa.cast(column, sa.Text), "").label(key) for key, column in zip(keys, named, strict=True)]
        parts.append(sa.select(*words, both[number].label("kept"), both[1 - number].label("raw")))
    both_sides = sa.union_all(*parts).subquery("both_sides")
    grouped = [both_sides.c[key] for key in keys]
    mine, theirs = (sa.func.coalesce(sa.func.sum(both_sides.c[name]), 0.0) for name in ("kept", "raw"))
    apart = sa.select(*grouped, mine.label("kept"), theirs.label("raw")).group_by(*grouped)
    rows = warehouse.read(apart.having(sa.func.abs(mine - theirs) > CLOSE * (1 + sa.func.abs(theirs))).limit(SHOWN), budget=PATIENCE)
    return [f"{', '.join(map(str, key))}: kept {have:g}, raw {want:g}" for *key, have, want in rows.itertuples(index=False, name=None)]


def _counted(table: sa.Table, tenant: int, by: Sequence[str], value: sa.ColumnElement[Any]) -> Statement:
    columns = [table.c[name] for name in by]
    return sa.select(*columns, value).where(table.c.tenant == tenant).group_by(*columns)


Pair = Callable[[int], tuple[Statement, Statement]]


def _sums(kept: sa.Table, raw: sa.Table, by: Sequence[str], values: tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]) -> Pair:
    """A sum kept by these columns, and what it is a sum of."""

    def pair(tenant: int) -> tuple[Statement, Statement]:
        return _counted(kept, tenant, by, sa.func.sum(values[0])), _counted(raw, tenant, by, sa.func.sum(values[1]))

    return pair


ONE = sa.literal_column("1", sa.Integer)
VIEW = sa.case((events.c.name == PAGE_VIEW, 1), else_=0)
DAY = ("day",)
CUBE = ("day", "name", "category", *DIMENSIONS)


def _user_days(tenant: int) -> tuple[Statement, Statement]:
    by = ("day", "user_key", *DIMENSIONS)
    kept = _counted(rollup_user_day, tenant, by, sa.func.sum(rollup_user_day.c.events))
    return kept, _counted(events, tenant, by, sa.func.count()).where(events.c.user_key.is_not(None))


def _active(tenant: int, dimension: str) -> tuple[Statement, Statement]:
    """Users by the day they were active and the day before that on which they were, in one value of a dimension."""
    kept = _counted(rollup_active, tenant, ("day", "value", "prev_day"), sa.func.sum(rollup_active.c.users))
    value = sa.func.coalesce(events.c[dimension], "") if dimension else sa.literal_column("''", sa.Text)
    known = events.c.tenant == tenant, events.c.user_key.is_not(None)
    days = sa.select(events.c.user_key, events.c.day, value.label("value")).where(*known).distinct().subquery()
    before = sa.func.lag(days.c.day).over(partition_by=(days.c.user_key, days.c.value), order_by=days.c.day).label("prev_day")
    steps = sa.select(days.c.day, days.c.value, before).subquery()
    return kept.where(rollup_active.c.dimension == dimension), sa.select(*steps.c, sa.func.count()).group_by(*steps.c)


def _activity(tenant: int) -> tuple[Statement, Statement]:
    """The bits of each user and block of sixty days."""
    known = events.c.tenant == tenant, events.c.user_key.is_not(None)
    days = sa.select(events.c.user_key, events.c.day).where(*known).distinct().subquery()
    number = days_between(sa.literal_column("DATE '1970-01-01'", sa.Date), days.c.day)
    block = sa.cast(sa.func.floor(number / sa.literal_column("60.0")), sa.BigInteger)
    bit = sa.cast(sa.literal_column("1"), sa.BigInteger).op("<<")(sa.cast(number - block * 60, sa.Integer))
    raw = sa.select(days.c.user_key, block.label("block"), sa.func.bit_or(bit)).group_by(days.c.user_key, block)
    return _counted(rollup_activity, tenant, ("user_key", "block"), sa.func.sum(rollup_activity.c.bits)), raw


def _sessions(tenant: int) -> tuple[Statement, Statement]:
    """Sessions by key: how many events each has."""
    raw = _counted(events, tenant, ("session_key",), sa.func.count()).where(events.c.session_key.is_not(None))
    return _counted(sessions, tenant, ("session_key",), sa.func.sum(sessions.c.events)), raw


def _short_sessions(tenant: int) -> tuple[Statement, Statement]:
    """Those under half a minute."""
    short = sa.case((sessions.c.duration_s < 30, 1), else_=0)
    kept = sa.case((rollup_session_day.c.band < 30, rollup_session_day.c.sessions), else_=0)
    by = ("day", *DIMENSIONS)
    return _counted(rollup_session_day, tenant, by, sa.func.sum(kept)), _counted(sessions, tenant, by, sa.func.sum(short))


def _customers(tenant: int) -> tuple[Statement, Statement]:
    """Who has movements has subscriptions that were worth something, and the other way round."""
    kept = _counted(mrr_movements, tenant, ("customer",), sa.func.max(1)).where(mrr_movements.c.movement == "new")
    return kept, _counted(subscriptions, tenant, ("customer",), sa.func.max(1)).where(subscriptions.c.mrr_minor > 0)


def _latency(tenant: int, measured: Measured) -> tuple[Statement, Statement]:
    r, table = rollup_latency, measured.table
    kept = _counted(r, tenant, ("day", "name", "bucket"), sa.func.sum(r.c.requests)).where(r.c.source == measured.name)
    timed = sa.select(table.c.day, table.c[measured.label].label("name"), bucket_of(measured.latency).label("bucket"))
    rows = timed.where(table.c.tenant == tenant, *measured.where).subquery()
    return kept, sa.select(*rows.c, sa.func.count()).group_by(*rows.c)


CHECKS: dict[str, Pair] = {
    "rollup_event_day events": _sums(rollup_event_day, events, CUBE, (rollup_event_day.c.events, ONE)),
    "rollup_event_day value": _sums(
        rollup_event_day, events, CUBE, (rollup_event_day.c.value_base_minor, events.c.value_base_minor)
    ),
    "rollup_event_day duration": _sums(rollup_event_day, events, CUBE, (rollup_event_day.c.duration_ms, events.c.duration_ms)),
    "rollup_event_hour events": _sums(rollup_event_hour, events, ("day", *DIMENSIONS), (rollup_event_hour.c.events, ONE)),
    "rollup_event_hour page views": _sums(rollup_event_hour, events, ("day",), (rollup_event_hour.c.page_views, VIEW)),
    "rollup_page_day events": _sums(rollup_page_day, events, ("day", "page", *DIMENSIONS), (rollup_page_day.c.events, ONE)),
    "rollup_page_day page views": _sums(rollup_page_day, events, ("day", "page"), (rollup_page_day.c.page_views, VIEW)),
    "rollup_user_day": _user_days,
    "rollup_activity": _activity,
    "sessions": _sessions,
    "rollup_session_day sessions": _sums(rollup_session_day, sessions, ("day", *DIMENSIONS), (rollup_session_day.c.sessions, ONE)),
    "rollup_session_day page views": _sums(rollup_session_day, sessions, DAY, (rollup_session_day.c.page_views, sessions.c.page_views)),
    "rollup_session_day length": _sums(rollup_session_day, sessions, DAY, (rollup_session_day.c.duration_s, sessions.c.duration_s)),
    "rollup_session_day short": _short_sessions,
    "mrr_movements customers": _customers,
}  # fmt: skip
