"""Who was active in which bucket: from the bitmaps of active days where every event counts, else from the events themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.compile import conditions
from analytics.event_log import EventQuery, event_bounds, event_rows, leaf_names
from analytics.grid import Grid
from analytics.kernels.arrays import Ints, distinct, numbered
from analytics.matching import Matcher, matched
from analytics.metric import Source
from analytics.period import EARLIEST, Grain, floor, resolved, step
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.segment_names import is_segment
from analytics.where import PERSON
from data_access.functions import bucket_day
from data_access.schema import events, rollup_activity, rollup_user_day

BLOCK = 60  # days in one row of the bitmap
MOST_BUCKETS = 800
DAILY = frozenset({"country", "device", "channel", "plan", "kind"})
USER_DAYS = Source("user_days", ("rollup_user_day",), lambda scan: rollup_user_day, DAILY)
ActivityGrain = Literal["day", "week", "month", "quarter", "year"]


class ActivityQuery(EventQuery):
    """A question about who was active when: by any event, or by those that `event` means."""

    event: Matcher | None = None
    grain: ActivityGrain = "day"


@dataclass(frozen=True)
class Activity:
    """`users` in ascending order; `active[b]` the places in `users` of those active in bucket b of `buckets`."""

    users: Ints
    active: tuple[Ints, ...]
    buckets: pd.DatetimeIndex
    grid: Grid


def matchers(query: ActivityQuery) -> tuple[Matcher, ...]:
    return (query.event,) if query.event else ()


def activity_tables(query: ActivityQuery) -> set[str]:
    people = any(name.startswith(PERSON) for name in _names(query))
    return {"events", *({"users"} if people else ())}


def _names(query: ActivityQuery) -> list[str]:
    leaves = [*query.filters, *(query.where.leaves() if query.where else ()), *(query.event.leaves() if query.event else ())]
    return [leaf.dimension for leaf in leaves]


def read_activity(question: Question) -> Activity:
    """Everybody active in each bucket of the question's period."""
    query = cast(ActivityQuery, question.query)
    grid = Grid(question.scan(Grain(query.grain)), question.period)
    buckets = grid.buckets()
    if len(buckets) > MOST_BUCKETS:
        raise InvalidQuery(f"the period holds {len(buckets):,} {query.grain}s, more than {MOST_BUCKETS}: choose a coarser grain")
    plain = query.event is None and query.where is None and query.since is None and query.until is None and not question.period.cut
    if plain and not query.filters:
        return _from_bitmaps(question, grid, buckets)
    if plain and {f.dimension for f in query.filters if not is_segment(f.dimension)} <= DAILY:
        bounds = conditions(USER_DAYS, rollup_user_day, question.scan())
        return _from_pairs(question, grid, (rollup_user_day.c.user_key, rollup_user_day.c.day, rollup_user_day, bounds))
    meant = [matched(events, query.event, question.scan())] if query.event else []
    people = any(name.startswith(PERSON) for name in leaf_names(question, matchers(query)))
    bounds = [events.c.user_key.is_not(None), *meant, *event_bounds(question)]
    return _from_pairs(question, grid, (events.c.user_key, events.c.day, event_rows(people), bounds))


def _from_pairs(question: Question, grid: Grid, source: tuple[Any, Any, sa.FromClause, list[sa.ColumnElement[bool]]]) -> Activity:
    user, day, rows, bounds = source
    bucket = bucket_day(day, str(grid.scan.grain), question.tenant.week_start)
    pairs = question.read(sa.select(user.label("who"), bucket.label("bucket")).select_from(rows).where(*bounds).distinct())
    buckets = grid.buckets()
    users, place = numbered(pairs["who"].to_numpy(np.int64, na_value=0))
    at = np.searchsorted(buckets.asi8, pairs["bucket"].to_numpy("datetime64[us]").view("int64"))
    ranked = np.argsort(at, kind="stable")
    edges = np.searchsorted(at[ranked], np.arange(len(buckets) + 1))
    return Activity(users, tuple(place[ranked[a:b]] for a, b in pairwise(edges)), buckets, grid)


def _from_bitmaps(question: Question, grid: Grid, buckets: pd.DatetimeIndex) -> Activity:
    first, last = _number(question.period.first), _number(question.period.last)
    c = rollup_activity.c
    inside = (c.tenant == question.tenant.key, c.block >= first // BLOCK, c.block <= (last - 1) // BLOCK)
    frame = question.read(sa.select(c.user_key, c.block, c.bits).where(*inside))
    users, place = numbered(frame["user_key"].to_numpy(np.int64, na_value=0))
    held = {int(block): (place[rows], frame["bits"].to_numpy(np.int64)[rows]) for block, rows in _by_block(frame)}
    starts = [max(_number(bucket.date()), first) for bucket in buckets]
    ends = [min(_number(step(bucket.date(), Grain(str(grid.scan.grain)))), last) for bucket in buckets]
    active = tuple(_active(held, len(users), (a, b)) for a, b in zip(starts, ends, strict=True))
    return Activity(users, active, buckets, grid)


def _by_block(frame: pd.DataFrame) -> list[tuple[int, Ints]]:
    blocks = frame["block"].to_numpy(np.int64)
    return [(int(block), np.flatnonzero(blocks == block)) for block in distinct(blocks)]


def _active(held: dict[int, tuple[Ints, Ints]], users: int, days: tuple[int, int]) -> Ints:
    """Users with an active day in [first, last), days counted since 1970."""
    flags = np.zeros(users, bool)
    first, last = days
    for block in range(first // BLOCK, (last - 1) // BLOCK + 1):
        if block in held:
            place, bits = held[block]
            low, high = max(first - block * BLOCK, 0), min(last - block * BLOCK, BLOCK)
            flags[place[bits & (((1 << (high - low)) - 1) << low) != 0]] = True
    return np.flatnonzero(flags)


def _number(day: date) -> int:
    return (day - EARLIEST).days


def with_bucket_before(question: Question) -> Question:
    """The same question from the start of the bucket before the period's first one; that first bucket is whole."""
    query = cast(ActivityQuery, question.query)
    grain = Grain(query.grain)
    begin = step(floor(question.period.first, grain, question.tenant.week_start), grain, -1)
    begin = max(begin, EARLIEST)
    wide = resolved(begin, question.period.last, question.now, question.tenant)
    return replace(question, period=replace(question.period, first=begin, start=wide.start))
