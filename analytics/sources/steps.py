"""Steps of activity: on `moment` some `users` were active who, before it, were last active on `prev`.

Everything about distinct users follows from these rows. The users of any window [s, e) are counted once, at their first
active moment inside it: sum(users) where s <= moment < e and (prev is null or prev < s). A slice or filter chooses events
first; `prev` is then the user's previous moment with such events.

The rows come from `rollup_active` where it holds what is asked, else from `rollup_user_day`, else from `events`:
all three give the same answers.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from analytics.compile import condition
from analytics.dimensions import column
from analytics.filters import Filter
from analytics.metric import Scan
from analytics.period import Grain
from analytics.segment_names import is_segment
from analytics.sources.events import asked, by_day
from data_access.functions import bucket_hour
from data_access.schema import events, rollup_active, rollup_user_day

PREPARED = frozenset({"country", "device", "channel", "plan", "kind"})


def steps(scan: Scan, back: int | None, *, hourly: bool = False) -> sa.Subquery:
    """Rows (moment, prev, users, one column per dimension in `by`) confined to tenant and filters, before the period's end.

    `back`: days of history before the period that the caller looks at; None is all. Older moments are left out, and
    an older `prev` may be NULL. `moment` is a day, or with `hourly` the start of an hour in tenant time.
    """
    since = None if back is None else _clamped(scan.period.first, back)
    dimension = _prepared_dimension(scan)
    if dimension is not None and not hourly:
        return _from_histogram(scan, since, dimension)
    return _stepped(_moments(scan, since, hourly), scan)


def _clamped(first: date, back: int) -> date:
    return first - timedelta(days=min(back, first.toordinal() - 1))


def _prepared_dimension(scan: Scan) -> str | None:
    """The dimension of rollup_active that answers the question, "" for everyone, None where it cannot.

    TRICKY: several values of a filter, or any other operator than `is`, may meet the same user twice, unless they
    only choose among slices.
    """
    names = asked(scan)
    if not by_day(scan) or not names <= PREPARED or len(names) > 1:
        return None
    single = bool(scan.by) or all(_one_value(f) for f in scan.filters)
    return next(iter(names), "") if single else None


def _one_value(of: Filter) -> bool:
    return of.operator == "is_not_set" or (of.operator == "is" and len(of.values) == 1)


def _from_histogram(scan: Scan, since: date | None, dimension: str) -> sa.Subquery:
    r = rollup_active.c
    named = [r.value.label(dimension)] if dimension else []
    inner = sa.select(r.day.label("moment"), r.prev_day.label("prev"), r.users, *named).where(
        r.tenant == scan.tenant.key, r.dimension == dimension, r.day < scan.period.last, *([r.day >= since] if since else [])
    )
    rows = inner.subquery("active")
    kept = [rows.c[d.name] for d in scan.by]
    return (
        sa.select(rows.c.moment, rows.c.prev, rows.c.users, *kept)
        .where(*(condition(rows, f, scan) for f in scan.filters))
        .subquery("steps")
    )


def _moments(scan: Scan, since: date | None, hourly: bool) -> sa.Subquery:
    """Distinct (user, moment, slice) of the events that the question is about."""
    if hourly or not {name for name in asked(scan) if not is_segment(name)} <= PREPARED:
        return _distinct(events, scan, since, hourly=hourly).subquery("moments")
    if not scan.period.cut:
        return _distinct(rollup_user_day, scan, since).subquery("moments")
    # Only the last day of a cut period is read up to an instant; the days before it are whole.
    cut_day = scan.period.last - timedelta(days=1)
    whole = _distinct(rollup_user_day, scan, since).where(rollup_user_day.c.day < cut_day)
    return sa.union_all(whole, _distinct(events, scan, cut_day)).subquery("moments")


def _distinct(table: sa.Table, scan: Scan, since: date | None, *, hourly: bool = False) -> sa.Select[Any]:
    moment = bucket_hour(table.c.ts, scan.tenant.time_zone) if hourly else table.c.day
    slices = [sa.func.coalesce(sa.cast(column(table, d, scan), sa.Text), "").label(d.name) for d in scan.by]
    where = [table.c.tenant == scan.tenant.key, table.c.day < scan.period.last, table.c.user_key.is_not(None)]
    where += [table.c.day >= since] if since else []
    where += [table.c.ts < scan.period.until] if scan.period.cut and "ts" in table.c else []
    where += [condition(table, f, scan) for f in scan.filters]
    return sa.select(table.c.user_key, moment.label("moment"), *slices).where(*where).distinct()


def _stepped(moments: sa.Subquery, scan: Scan) -> sa.Subquery:
    slices = [moments.c[d.name] for d in scan.by]
    previous = sa.func.lag(moments.c.moment).over(partition_by=[moments.c.user_key, *slices], order_by=moments.c.moment)
    return sa.select(moments.c.moment, previous.label("prev"), sa.literal(1).label("users"), *slices).subquery("steps")


def is_hourly(scan: Scan) -> bool:
    return scan.grain is Grain.HOUR
