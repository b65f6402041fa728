"""Who started when, and in which window of fixed length after that start they returned: the rows behind a grid of 24-hour windows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from analytics.question import Question
from analytics.sources.cohort_visits import Visits, each_visit
from data_access.functions import seconds_between

MICROSECONDS = 1_000_000


def statement(of: Visits, question: Question, *, seconds: int, every: bool) -> sa.Select[Any]:
    """One row per user, slice, cohort and window: `who`, `bucket` (the cohort's), `slice_0` …, `window` (0 begins with the start,
    NULL where nothing followed), `n` (returns) and, with a sum, `value` and `lacking`.

    A window is `seconds` long. `every`: a start in each bucket counts, from its first instant there; else only the user's first one.
    Of those who started before the period there are none.
    """
    visits = each_visit(of, question).cte("visits")
    names = [f"slice_{i}" for i in range(len(of.by))]
    starts = _starts(visits, names, every).subquery("starts")
    same = [starts.c[name] == visits.c[name] for name in ("who", *names)]
    after = sa.and_(*same, visits.c.n > 0, visits.c.ts >= starts.c.began)
    # TRICKY: the engines give seconds as floating point or as decimals; whole microseconds put a return at the edge in its window.
    passed = sa.func.round(seconds_between(starts.c.began, visits.c.ts) * MICROSECONDS)
    window = sa.cast(sa.func.floor(passed / (seconds * MICROSECONDS)), sa.Integer)
    keys = [starts.c.who, starts.c.bucket, *(starts.c[name] for name in names), window.label("window")]
    sums = [sa.func.sum(visits.c.n).label("n")]
    if of.sum_of:
        sums += [sa.func.sum(visits.c.value).label("value"), sa.func.max(visits.c.lacking).label("lacking")]
    return sa.select(*keys, *sums).select_from(starts.outerjoin(visits, after)).group_by(*keys[:-1], window)


def _starts(visits: sa.CTE, names: list[str], every: bool) -> sa.Select[Any]:
    """`who`, slices, `bucket` and `began` of each start that opens windows."""
    keys = [visits.c.who, *(visits.c[name] for name in names)]
    began, started = sa.func.min(visits.c.ts).label("began"), visits.c.started == 1
    if every:
        return sa.select(*keys, visits.c.bucket, began).where(started).group_by(*keys, visits.c.bucket)
    earlier = sa.func.count().filter(visits.c.bucket.is_(None)) > 0
    return sa.select(*keys, sa.func.min(visits.c.bucket).label("bucket"), began).where(started).group_by(*keys).having(~earlier)
