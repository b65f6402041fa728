"""Who joined when and came back when, one bit per bucket: the rows behind a retention grid of users."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa

from analytics.compile import conditions
from analytics.metric import Scan
from analytics.period import Grain
from analytics.question import Question
from analytics.sources import activity_bits
from analytics.sources.activity_bits import BLOCK_DAYS, EPOCH, Bits
from analytics.sources.events import DAILY_DIMENSIONS, EVENTS, asked, by_day
from data_access.functions import days_between
from data_access.schema import events, rollup_activity, rollup_user_day

MAX_BUCKETS = 60  # one 64-bit number holds the buckets of a user
Test = Callable[[sa.FromClause], sa.ColumnElement[bool]]
_DAYS = DAILY_DIMENSIONS - {"event", "category", "weekday"}


@dataclass(frozen=True)
class Cohorts:
    """What is asked: the `begins` of the buckets (tenant days, ascending), `scan` whose period covers exactly them, and
    which events start and which return; None for any event."""

    scan: Scan
    grain: Grain
    begins: tuple[date, ...]
    start: Test | None
    back: Test | None
    first_time: bool


def statement(of: Cohorts) -> sa.Select[Any]:
    """`first` (the bucket of the first start ever, NULL before the range; only for `first_time`), `starts` and `returns`
    (bit k: did so in bucket k) and `n`, how many users share them."""
    users = _by_bitmap(of) if is_plain(of) else _by_rows(of)
    keys = [users.c.first, users.c.returns] if of.first_time else [users.c.starts, users.c.returns]
    return sa.select(*keys, sa.func.count().label("n")).group_by(*keys)


def from_bits(of: Cohorts, question: Question) -> tuple[Bits, Bits, Bits]:
    """The same as `statement` gives, as arrays: joins (a bit per bucket), returns and how many users share them."""
    masks, bounds = _masks(of), activity_bits.span(question)
    total, earlier = np.zeros(0, np.int64), np.zeros(0, np.int64)
    first, last = (bounds[0], min(bounds[1], max(masks))) if bounds else (0, -1)
    for number in range(first if of.first_time else max(first, min(masks)), last + 1):
        days = activity_bits.days(question, number)
        total = activity_bits.add(total, days, masks.get(number, []))
        if of.first_time:
            earlier = activity_bits.add(earlier, days, _earlier(of, number))
    total[: len(earlier)][earlier != 0] = 0  # began before the range: in no cohort
    returns, n = activity_bits.counted(total)
    return (returns & -returns if of.first_time else returns), returns, n


def _earlier(of: Cohorts, number: int) -> list[tuple[int, int]]:
    """The days of a block that lie before the range, as one mask."""
    block, bit = divmod((of.begins[0] - EPOCH).days, BLOCK_DAYS)
    if number > block:
        return []
    return [(0, -1 if number < block else (1 << bit) - 1)]


def is_plain(of: Cohorts) -> bool:
    """Whether days of users, without their dimensions, say enough."""
    return _any(of) and not of.scan.filters and by_day(of.scan)


def _any(of: Cohorts) -> bool:
    return of.start is None and of.back is None


def _by_rows(of: Cohorts) -> sa.Subquery:
    """From days of users where that says enough, else from events."""
    daily = _any(of) and by_day(of.scan) and asked(of.scan) <= _DAYS
    rows: sa.FromClause = rollup_user_day if daily else events
    start = of.start(rows) if of.start else sa.true()
    back = of.back(rows) if of.back else sa.true()
    inside = rows.c.day >= _day(of.begins[0])
    bit = _bit(sa.case((inside, _index(rows.c.day, of)), else_=0))
    zero = sa.literal(0, sa.BigInteger)
    wanted = [] if _any(of) else [sa.or_(start, back if not of.first_time else sa.and_(inside, back))]
    bounds = conditions(EVENTS, rows, of.scan, running=of.first_time)
    per_user = (
        sa.select(
            sa.func.min(sa.case((start, rows.c.day))).label("began"),
            sa.func.bit_or(sa.case((sa.and_(start, inside), bit), else_=zero)).label("starts"),
            sa.func.bit_or(sa.case((sa.and_(back, inside), bit), else_=zero)).label("returns"),
        )
        .where(*bounds, *wanted, rows.c.user_key.is_not(None))
        .group_by(rows.c.user_key)
        .subquery("per_user")
    )
    first = sa.case((per_user.c.began >= _day(of.begins[0]), _index(per_user.c.began, of)))
    return sa.select(first.label("first"), per_user.c.starts, per_user.c.returns).subquery("users")


def _by_bitmap(of: Cohorts) -> sa.Subquery:
    """From the days each user was active, kept as bits: no event is read."""
    r = rollup_activity.c
    masks = _masks(of)
    seen = sa.case(*((r.block == block, _sum(_seen(k, mask) for k, mask in parts)) for block, parts in masks.items()), else_=_whole(0))
    span = [r.block <= max(masks), *([] if of.first_time else [r.block >= min(masks)])]
    per_user = (
        sa.select(sa.func.bit_or(seen).label("mask"), sa.func.max(_before(of)).label("earlier"))
        .where(r.tenant == of.scan.tenant.key, *span)
        .group_by(r.user_key)
        .subquery("per_user")
    )
    first = sa.case((per_user.c.earlier == 0, _lowest(per_user.c.mask, len(of.begins))))
    return sa.select(first.label("first"), per_user.c.mask.label("starts"), per_user.c.mask.label("returns")).subquery("users")


def _seen(bucket: int, mask: int) -> sa.ColumnElement[Any]:
    """The bucket's bit where the block holds a day of it."""
    return sa.case((rollup_activity.c.bits.op("&")(_whole(mask)) != 0, _whole(1 << bucket)), else_=_whole(0))


def _masks(of: Cohorts) -> dict[int, list[tuple[int, int]]]:
    """Per block of the rollup, which of its bits belong to which bucket."""
    stops = [*of.begins[1:], of.scan.period.last]
    found: dict[int, list[tuple[int, int]]] = {}
    for k, (begin, stop) in enumerate(zip(of.begins, stops, strict=True)):
        first, last = (begin - EPOCH).days, (stop - EPOCH).days - 1
        for block in range(first // BLOCK_DAYS, last // BLOCK_DAYS + 1):
            low, high = max(first - block * BLOCK_DAYS, 0), min(last - block * BLOCK_DAYS, BLOCK_DAYS - 1)
            found.setdefault(block, []).append((k, (1 << (high + 1)) - (1 << low)))
    return found


def _before(of: Cohorts) -> sa.ColumnElement[Any]:
    """1 where the block holds a day before the range."""
    block, bit = divmod((of.begins[0] - EPOCH).days, BLOCK_DAYS)
    r = rollup_activity.c
    same = sa.and_(r.block == block, r.bits.op("&")(_whole((1 << bit) - 1)) != 0)
    return sa.case((sa.or_(r.block < block, same), 1), else_=0)


def _lowest(mask: sa.ColumnElement[Any], buckets: int) -> sa.ColumnElement[Any]:
    """The number of the lowest set bit, NULL where none is."""
    return sa.case(*((mask.op("&")(_whole(1 << k)) != 0, k) for k in range(buckets)))


def _index(day: sa.ColumnElement[Any], of: Cohorts) -> sa.ColumnElement[Any]:
    """Which bucket a day falls in, counted from the first."""
    begin = of.begins[0]
    if of.grain is Grain.MONTH:
        months = sa.extract("year", day) * 12 + sa.extract("month", day) - (begin.year * 12 + begin.month)
        return sa.cast(months, sa.Integer)
    length = 7.0 if of.grain is Grain.WEEK else 1.0
    return sa.cast(sa.func.floor(days_between(_day(begin), day) / length), sa.Integer)


def _bit(index: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal_column("1"), sa.BigInteger).op("<<")(index)


def _sum(parts: Iterable[sa.ColumnElement[Any]]) -> sa.ColumnElement[Any]:
    first, *others = list(parts)
    for part in others:
        first = first + part
    return first


def _whole(value: int) -> sa.ColumnElement[Any]:
    # TRICKY: a bound small number would be a 32-bit integer, and a bit above 31 would be lost.
    return sa.literal_column(f"CAST({value} AS BIGINT)", sa.BigInteger)


def _day(value: date) -> sa.ColumnElement[Any]:
    return sa.cast(sa.literal(value), sa.Date)
