"""Who started and who returned in which bucket, how often and for how much: the rows behind a grid that one bit cannot hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from analytics.compile import conditions
from analytics.dimensions import column
from analytics.event_log import event_bounds, event_rows
from analytics.matching import Matcher, matched, names
from analytics.metric import Scan
from analytics.period import Grain
from analytics.question import Question
from analytics.sources.events import EVENTS, asked, by_day
from analytics.where import event_dimension
from data_access.clock import naive_utc
from data_access.functions import bucket_day, bucket_hour, try_number
from data_access.schema import events, rollup_user_day

VALUE = "value"
DAILY = frozenset({"country", "device", "channel", "plan", "kind"})


@dataclass(frozen=True)
class Visits:
    """What is asked: which events start and which return (None: any), cut by which dimensions, and the sum of what.

    `bare`: neither a tree of conditions, nor instants, nor the person decides which events count. `history`: starts before the
    period are told too. `instants`: each event with its time (`ts`).
    """

    scan: Scan
    grain: Grain
    start: Matcher | None
    back: Matcher | None
    by: tuple[str, ...] = ()
    sum_of: str | None = None
    history: bool = False
    people: bool = False
    bare: bool = False
    since: Any = None
    instants: bool = False


def statement(of: Visits, question: Question) -> sa.Select[Any]:
    """One row per user, bucket and slice: `who`, `bucket` (its start; NULL before the period), `slice_0` …, `started` (0 or 1),
    `n` (returns) and, with a sum, `value` and `lacking` (a currency that has no rate)."""
    visits = each_visit(of, question).subquery("visits")
    keys = [visits.c.who, visits.c.bucket, *(visits.c[f"slice_{i}"] for i in range(len(of.by)))]
    sums = [sa.func.max(visits.c.started).label("started"), sa.func.sum(visits.c.n).label("n")]
    if of.sum_of:
        sums += [sa.func.sum(visits.c.value).label("value"), sa.func.max(visits.c.lacking).label("lacking")]
    return sa.select(*keys, *sums).group_by(*keys)


def _daily(of: Visits) -> bool:
    """Whether days of users hold what is asked."""
    plain = of.bare and not of.instants and of.start is None and of.back is None and of.sum_of is None
    return plain and by_day(of.scan) and of.grain is not Grain.HOUR and asked(of.scan) | set(of.by) <= DAILY


def each_visit(of: Visits, question: Question) -> sa.Select[Any]:
    """The same before it is counted: a row per event, or per day and user where that says enough."""
    daily = _daily(of)
    rows: sa.FromClause = rollup_user_day if daily else events
    start = matched(rows, of.start, of.scan) if of.start else sa.true()
    back = matched(rows, of.back, of.scan) if of.back else sa.true()
    inside = _inside(of, rows)
    counts = sa.and_(back, inside) if of.history else back
    bucket = bucket_hour(rows.c.ts, of.scan.tenant.time_zone) if of.grain is Grain.HOUR else _day(of, rows)
    words = [sa.func.coalesce(sa.cast(column(rows, event_dimension(name), of.scan), sa.Text), "") for name in of.by]
    each = rows.c.events if daily else sa.literal_column("1", sa.BigInteger)
    zero = sa.literal_column("0", sa.BigInteger)
    select = sa.select(
        rows.c.user_key.label("who"),
        (sa.case((inside, bucket)) if of.history else bucket).label("bucket"),
        *(word.label(f"slice_{i}") for i, word in enumerate(words)),
        sa.case((start, sa.literal_column("1")), else_=sa.literal_column("0")).label("started"),
        sa.case((counts, each), else_=zero).label("n"),
        *_summed(of, counts),
        *([rows.c.ts] if of.instants else []),
    )
    bounds = conditions(EVENTS, rows, of.scan, running=of.history) if daily else event_bounds(question, history=of.history)
    found = rows if daily else event_rows(of.people)
    return select.select_from(found).where(rows.c.user_key.is_not(None), *bounds, *_meant(of, rows, sa.or_(start, counts)))


def _day(of: Visits, rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return bucket_day(rows.c.day, str(of.grain), of.scan.tenant.week_start)


def _inside(of: Visits, rows: sa.FromClause) -> sa.ColumnElement[bool]:
    day = rows.c.day >= sa.cast(sa.literal(of.scan.period.first), sa.Date)
    return sa.and_(day, rows.c.ts >= naive_utc(of.since)) if of.since else day


def _summed(of: Visits, counts: sa.ColumnElement[bool]) -> list[sa.ColumnElement[Any]]:
    if of.sum_of is None:
        return []
    nothing = sa.cast(sa.null(), sa.Text).label("lacking")
    if of.sum_of != VALUE:
        amount = try_number(sa.cast(column(events, event_dimension(of.sum_of), of.scan), sa.Text))
        return [sa.case((counts, amount)).label("value"), nothing]
    unrated = sa.and_(counts, events.c.value_minor.is_not(None), events.c.value_base_minor.is_(None))
    lacking = sa.case((unrated, sa.func.coalesce(events.c.currency, "?"))).label("lacking")
    return [sa.case((counts, events.c.value_base_minor)).label("value"), lacking]


def _meant(of: Visits, rows: sa.FromClause, either: sa.ColumnElement[bool]) -> list[sa.ColumnElement[bool]]:
    """Only rows that start or return; by a list of names first, since engines skip blocks by it."""
    if of.start is None or (of.back is None and not of.history):
        return []
    named = names((of.start, of.back)) if of.back else None
    return [*([rows.c.name.in_(sorted(named))] if named is not None else []), either]
