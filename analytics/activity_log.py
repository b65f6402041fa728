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
from analytics.kernels.arrays import Ints, numbered
from analytics.matching import Matcher, matched
from analytics.metric import Source
from analytics.period import EARLIEST, Grain, floor, resolved, step
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.segment_names import is_segment
from analytics.sources import activity_bits
from analytics.where import PERSON
from data_access.functions import bucket_day
from data_access.schema import events, rollup_user_day

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
    starts = [max(_number(bucket.date()), first) for bucket in buckets]
    ends = [min(_number(step(bucket.date(), Grain(str(grid.scan.grain)))), last) for bucket in buckets]
    spans = list(zip(starts, ends, strict=True))
    words = [_words(question, spans[low : low + BLOCK]) for low in range(0, len(spans), BLOCK)]
    most = max((len(word) for word in words), default=0)
    there = np.zeros(most, bool)
    for word in words:
        there[: len(word)] |= word != 0
    users = np.flatnonzero(there)
    active = []
    for number in range(len(spans)):
        word = words[number // BLOCK]
        known = users[: np.searchsorted(users, len(word))]
        active.append(np.flatnonzero(word[known] >> (number % BLOCK) & 1))
    return Activity(users, tuple(active), buckets, grid)


def _words(question: Question, spans: list[tuple[int, int]]) -> Ints:
    """By user key, bit k where the user was active on a day of the k-th span [first, last)."""
    word: Ints = np.zeros(0, np.int64)
    bounds = activity_bits.span(question)
    if bounds is None or not spans:
        return word
    for block in range(max(bounds[0], spans[0][0] // BLOCK), min(bounds[1], (spans[-1][1] - 1) // BLOCK) + 1):
        masks = [(k, _mask(low - block * BLOCK, high - block * BLOCK)) for k, (low, high) in enumerate(spans)]
        word = activity_bits.add(word, activity_bits.days(question, block), [(k, mask) for k, mask in masks if mask])
    return word


def _mask(low: int, high: int) -> int:
    """The bits [low, high) that lie inside a block."""
    low, high = max(low, 0), min(high, BLOCK)
    return ((1 << (high - low)) - 1) << low if high > low else 0


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
