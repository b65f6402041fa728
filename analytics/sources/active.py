"""Sources of distinct users, each a question put to the steps of activity (`analytics/sources/steps.py`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from analytics.grid import Grid
from analytics.metric import Scan, Source
from analytics.period import Grain, Resolved, floor, step
from analytics.sources.events import EVENT_DIMENSIONS
from analytics.sources.steps import is_hourly, steps
from data_access.functions import add_days, bucket_day, days_between

WEEK_DAYS = 7
MONTH_DAYS = 30
CHURN_DAYS = 30
_STEPS = {Grain.DAY: "1 day", Grain.WEEK: "7 days", Grain.MONTH: "1 month", Grain.QUARTER: "3 months", Grain.YEAR: "1 year"}


def days_so_far(period: Resolved, scan: Scan, *, whole: bool = False) -> date:
    """The day after the last day of the period that has begun; with `whole`, after the last one that is over."""
    if not period.partial:
        return period.last
    reached = (period.until - timedelta(microseconds=0 if whole else 1)).replace(tzinfo=UTC).astimezone(scan.tenant.zone).date()
    return min(period.last, reached if whole else reached + timedelta(days=1))


def before(scan: Scan, begin: date) -> date:
    """The start of the window before the one that begins on `begin`.

    Before a bucket of the grain comes the whole calendar bucket. Without a grain, the period of equal length; for whole months
    as many months, so that a month answers the same as a bucket and as a period.
    """
    if scan.grain is not None:
        return step(floor(begin, scan.grain, scan.tenant.week_start), scan.grain, -1)
    first, last = scan.period.first, scan.period.last
    if first.day == last.day == 1:
        return step(first, Grain.MONTH, (first.year - last.year) * 12 + first.month - last.month)
    return first - timedelta(days=min(scan.period.days, first.toordinal() - 1))


def _day(value: date) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(value), sa.Date)


def _bucket(moment: sa.ColumnElement[Any], scan: Scan) -> sa.ColumnElement[Any]:
    return moment if is_hourly(scan) else bucket_day(moment, str(scan.grain), scan.tenant.week_start)


def _slices(rows: sa.FromClause, scan: Scan) -> list[sa.ColumnElement[Any]]:
    return [rows.c[d.name] for d in scan.by]


def _active(scan: Scan) -> sa.FromClause:
    """Steps in the period: users at their first moment in the bucket (`first_in_bucket`), and `days` in the bucket so far."""
    rows = steps(scan, 0, hourly=is_hourly(scan))
    within = _within(rows, scan)
    begin = _begin(rows, scan)
    fresh = sa.or_(rows.c.prev.is_(None), rows.c.prev < begin)
    columns = [rows.c.users, sa.case((fresh, rows.c.users), else_=0).label("first_in_bucket"), _length(rows, scan).label("days")]
    named = [_bucket(rows.c.moment, scan).label("bucket")] if scan.grain else []
    return sa.select(*named, *_slices(rows, scan), *columns).where(within).subquery("active")


def _within(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[bool]:
    if not is_hourly(scan):
        return rows.c.moment >= scan.period.first
    return rows.c.moment >= datetime.combine(scan.period.first, datetime.min.time())


def _begin(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    """The start of the row's bucket inside the period."""
    if scan.grain is None:
        return _day(scan.period.first)
    return rows.c.moment if is_hourly(scan) else sa.func.greatest(_bucket(rows.c.moment, scan), _day(scan.period.first))


def _length(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    """Days of the row's bucket that lie in the period and have begun; an hour counts as one day."""
    stop = _day(days_so_far(scan.period, scan))
    if is_hourly(scan):
        return sa.literal(1)
    if scan.grain is None:
        return days_between(_day(scan.period.first), stop)
    following = sa.cast(_bucket(rows.c.moment, scan) + sa.literal_column(f"INTERVAL '{_STEPS[scan.grain]}'"), sa.Date)
    return days_between(_begin(rows, scan), sa.func.least(following, stop))


def _lifecycle(scan: Scan) -> sa.FromClause:
    """Users at their first moment in the bucket, as new, returning or resurrected."""
    rows = steps(scan, None, hourly=is_hourly(scan))
    earlier = _window_before(rows, scan)
    named = [_bucket(rows.c.moment, scan).label("bucket")] if scan.grain else []
    kinds = {
        "new": rows.c.prev.is_(None),
        "returning": sa.and_(rows.c.prev >= earlier, rows.c.prev < _begin(rows, scan)),
        "resurrected": rows.c.prev < earlier,
    }
    columns = [sa.case((test, rows.c.users), else_=0).label(name) for name, test in kinds.items()]
    return sa.select(*named, *_slices(rows, scan), *columns).where(_within(rows, scan)).subquery("lifecycle")


def _window_before(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    if scan.grain is None:
        return _day(before(scan, scan.period.first))
    if is_hourly(scan):
        return rows.c.moment - sa.literal_column("INTERVAL '1 hour'")
    return sa.cast(_bucket(rows.c.moment, scan) - sa.literal_column(f"INTERVAL '{_STEPS[scan.grain]}'"), sa.Date)


Window = tuple[Any, Any, Any]  # bucket, first moment, moment after the last


def _windowed(scan: Scan, rows: sa.Subquery, windows: list[Window], *, hourly: bool = False) -> sa.FromClause:
    """Distinct users of windows that may overlap: `users` per bucket and slice. Bounds are days, or with `hourly` hours."""
    listed = _listed(scan, windows, sa.DateTime() if hourly else sa.Date())
    inside = sa.and_(rows.c.moment >= listed.c.begin, rows.c.moment < listed.c.stop)
    fresh = sa.or_(rows.c.prev.is_(None), rows.c.prev < listed.c.begin)
    named = [listed.c.bucket] if scan.grain else []
    return sa.select(*named, *_slices(rows, scan), rows.c.users).select_from(rows.join(listed, sa.and_(inside, fresh))).subquery("windowed")


def _listed(scan: Scan, windows: list[Window], moment: sa.Date | sa.DateTime) -> sa.Subquery:
    """The windows as rows (bucket, begin, stop); one that holds nothing where there are none."""
    types: dict[str, sa.Date | sa.DateTime] = {"bucket": sa.DateTime() if is_hourly(scan) else sa.Date(), "begin": moment, "stop": moment}
    values = sa.values(*(sa.column(name, kind) for name, kind in types.items()), name="listed")
    rows = values.data(windows or [(scan.period.first,) * 3])
    # The casts are for readers: written out as literals, the dates of VALUES would be text.
    return sa.select(*(sa.cast(rows.c[name], kind).label(name) for name, kind in types.items())).subquery("windows")


def _rolling(days: int) -> Callable[[Scan], sa.FromClause]:
    """Users of the `days` days that end with the bucket (with the last day so far, while it is not over)."""

    def build(scan: Scan) -> sa.FromClause:
        windows = [(b, end - timedelta(days=days), end) for b, end in _ends(scan)]
        return _windowed(scan, steps(scan, days), windows)

    return build


def _ends(scan: Scan) -> list[tuple[Any, date]]:
    """Each bucket and the day after its last day, inside the period and begun."""
    stop = days_so_far(scan.period, scan)
    if scan.grain is None:
        return [(scan.period.first, stop)]
    length = Grain.DAY if is_hourly(scan) else scan.grain
    begins = [b.to_pydatetime() for b in Grid(scan, scan.period).buckets()]
    return [(b if is_hourly(scan) else b.date(), min(step(b.date(), length), stop)) for b in begins]


def _preceding(scan: Scan) -> sa.FromClause:
    """Users of the window before each bucket."""
    if is_hourly(scan):
        hour = timedelta(hours=1)
        begins = [b.to_pydatetime() for b in Grid(scan, scan.period).buckets()]
        return _windowed(scan, steps(scan, 1, hourly=True), [(b, b - hour, b) for b in begins], hourly=True)
    begins = [scan.period.first] if scan.grain is None else [b.date() for b in Grid(scan, scan.period).buckets()]
    windows = [(b, before(scan, b), max(b, scan.period.first)) for b in begins]
    back = (scan.period.first - min(w[1] for w in windows)).days if windows else 0
    return _windowed(scan, steps(scan, back), windows)


def _churned(scan: Scan) -> sa.FromClause:
    """+users on the day 30 days after an active day, -users where they came back by then."""
    rows = steps(scan, CHURN_DAYS)
    stop = days_so_far(scan.period, scan, whole=True)
    back_in_time = sa.and_(rows.c.prev.is_not(None), days_between(rows.c.prev, rows.c.moment) <= CHURN_DAYS)
    slices = _slices(rows, scan)
    active = sa.select(add_days(rows.c.moment, CHURN_DAYS).label("day"), rows.c.users, *slices)
    returned = sa.select(add_days(rows.c.prev, CHURN_DAYS).label("day"), (-rows.c.users).label("users"), *slices).where(back_in_time)
    both = sa.union_all(active, returned).subquery("churn")
    named = [_day_bucket(both.c.day, scan).label("bucket")] if scan.grain else []
    within = sa.and_(both.c.day >= scan.period.first, both.c.day < stop)
    return sa.select(*named, *_slices(both, scan), both.c.users).where(within).subquery("churned")


def _day_bucket(day: sa.ColumnElement[Any], scan: Scan) -> sa.ColumnElement[Any]:
    """The bucket of a day; by the hour, its first one."""
    return sa.cast(day, sa.DateTime) if is_hourly(scan) else bucket_day(day, str(scan.grain), scan.tenant.week_start)


def _source(name: str, build: Callable[[Scan], sa.FromClause], lookback: int | None) -> Source:
    return Source(name, ("events",), build, EVENT_DIMENSIONS, confined=True, lookback=lookback)


ACTIVE = _source("active", _active, 0)
LIFECYCLE = _source("lifecycle", _lifecycle, None)
PRECEDING = _source("preceding", _preceding, None)
ROLLING_WEEK = _source("rolling_week", _rolling(WEEK_DAYS), WEEK_DAYS)
ROLLING_MONTH = _source("rolling_month", _rolling(MONTH_DAYS), MONTH_DAYS)
CHURNED = _source("churned", _churned, CHURN_DAYS)
