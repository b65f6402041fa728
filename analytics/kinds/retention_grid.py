"""The buckets of a retention grid, and the triangle over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from analytics.grid import Grid
from analytics.kernels.arrays import Flags
from analytics.kinds.retention_query import Retention
from analytics.metric import Scan
from analytics.period import Grain, floor, resolved
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.result import Warning

MAX_BUCKETS = 366
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Triangle:
    """`sizes[i]`: who, or how much, began in bucket i; `values[i, k]`: who, or how much, of cohort i is there in bucket k (k >= i).
    `people[i]`: how many users began in bucket i, where sizes are sums of a value."""

    sizes: Matrix
    values: Matrix
    warnings: tuple[Warning, ...] = ()
    slice: tuple[str, ...] = ()
    people: Matrix | None = None


def unsaid(buckets: int, why: Warning) -> Triangle:
    """Nothing can be said of any cell."""
    return Triangle(np.full(buckets, np.nan), np.full((buckets, buckets), np.nan), (why,))


@dataclass(frozen=True)
class Buckets:
    """`stamps`: starts of the buckets in tenant time, ascending; `over[k]`: bucket k is whole. The period of `scan` covers them
    from the first day of the first."""

    scan: Scan
    grain: Grain
    stamps: pd.DatetimeIndex
    over: Flags

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(stamp.date() for stamp in self.stamps)


def buckets_of(question: Question) -> Buckets:
    """The buckets that meet the period and have begun; with `since` and `until` those that meet these too."""
    period, tenant, query = question.period, question.tenant, cast(Retention, question.query)
    if query.period.text == "all":
        raise InvalidQuery("a retention grid needs a period with a beginning: 12m, 12w or two dates")
    grain = Grain(query.grain)
    whole = replace(
        resolved(floor(period.first, grain, tenant.week_start), period.last, question.now, tenant), until=period.until, cut=period.cut
    )
    grid = Grid(replace(question.scan(grain), period=whole), whole)
    stamps, cut = grid.buckets(), grid.partial()
    inside, narrowed = _narrowed(question, stamps, grain)
    stamps = stamps[inside]
    if not 0 < len(stamps) <= MAX_BUCKETS:
        raise InvalidQuery(f"a retention grid has 1 to {MAX_BUCKETS} buckets, not {len(stamps)}: change the period or the grain")
    over = np.array([stamp not in cut | narrowed for stamp in stamps])
    return Buckets(grid.scan, grain, stamps, over)


def _narrowed(question: Question, stamps: pd.DatetimeIndex, grain: Grain) -> tuple[Flags, frozenset[pd.Timestamp]]:
    """Which buckets meet `since` to `until`, and which of them these instants cut."""
    query, zone = cast(Retention, question.query), question.tenant.zone
    inside, cut = np.ones(len(stamps), bool), set()
    holds = _holder(grain, question.tenant.week_start)
    if query.since:
        local = query.since.astimezone(zone).replace(tzinfo=None)
        first = holds(local)
        inside &= stamps >= first
        cut |= {first} if local > first else set()
    if query.until:
        last = holds(query.until.astimezone(zone).replace(tzinfo=None))
        inside &= stamps <= last
        cut |= {last}
    return inside, frozenset(cut)


def _holder(grain: Grain, week_start: int) -> Callable[[datetime], pd.Timestamp]:
    """From a wall-clock time to the start of its bucket."""
    if grain is Grain.HOUR:
        return lambda local: pd.Timestamp(local).floor("h")
    return lambda local: pd.Timestamp(floor(local.date(), grain, week_start))
