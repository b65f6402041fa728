"""SegmentSize: how many people are in a segment, now or at the end of each bucket."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, cast

import numpy as np
import pandas as pd

from accounts.language import Text
from analytics.grid import Grid
from analytics.kinds.aggregate import BUCKET_LABEL
from analytics.metric import Metric, Unit
from analytics.period import Grain, step
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.result import Column, Result
from analytics.segments import saved
from analytics.segments.questions import SegmentQuery, last_day, looking, moment, permissions_of, tables_of, target
from analytics.segments.resolve import all_users
from data_access.connections import store

MOST_POINTS = 60


class SegmentSize(SegmentQuery):
    """`SegmentSize(segment="…")`, or over time: `SegmentSize(segment="…", period="90d", grain="week")`.

    Behaviour is looked at as of the end of each bucket; properties of a person are those of today. A frozen segment has no size
    before it was frozen.
    """

    kind: Literal["segment_size"] = "segment_size"
    grain: Literal["day", "week", "month"] | None = None


USERS = Metric(
    "segment_users",
    Text("Segment size", "Taille du segment"),
    Text("People in the segment.", "Personnes du segment."),
    "activity",
    Unit.COUNT,
    better="neutral",
)
SHARE = Metric(
    "segment_share",
    Text("Share of users", "Part des utilisateurs"),
    Text("Of everybody known today.", "De toutes les personnes connues aujourd’hui."),
    "activity",
    Unit.RATIO,
    better="neutral",
    change="points",
)
METRICS = (USERS, SHARE)
permissions, tables = permissions_of, tables_of


def lookback(query: SegmentSize) -> int | None:
    """Conditions may look at all history."""
    return None


def answer(question: Question) -> Result:
    """Without a grain one row; with one, a row per bucket that has begun."""
    query = cast(SegmentSize, question.query)
    buckets = _buckets(question, Grain(query.grain)) if query.grain else []
    if len(buckets) > MOST_POINTS:
        raise InvalidQuery(f"a segment’s size is shown at {MOST_POINTS} moments at most, not {len(buckets)}: choose a coarser grain")
    since = _frozen_since(question)
    sizes = [_size(question, day, since) for _, day in buckets]
    everybody = all_users(looking(question)).size
    now_is = _size(question, last_day(question), since)
    frame = pd.DataFrame({"segment_users": sizes if buckets else [now_is]}, dtype=np.float64)
    frame["segment_share"] = frame["segment_users"] / everybody if everybody else np.nan
    if buckets:
        frame.insert(0, "bucket", pd.DatetimeIndex([bucket for bucket, _ in buckets]).as_unit("us"))
    when = (Column("bucket", BUCKET_LABEL, Unit.TIME, "time"),) if buckets else ()
    total = None if np.isnan(now_is) else now_is
    return Result(
        query=query,
        period=moment(question),
        frame=frame,
        columns=(*when, *(Column(m.name, m.label, m.unit, "metric") for m in METRICS)),
        metrics=METRICS,
        totals={"segment_users": total, "segment_share": total / everybody if everybody and total is not None else None},
        trail=tuple(question.trail),
        extra={"everybody": everybody},
    )


def _buckets(question: Question, grain: Grain) -> list[tuple[pd.Timestamp, date]]:
    """Each bucket and the last of its days inside the period that has begun."""
    end = last_day(question)
    begins = Grid(question.scan(grain), question.period).buckets()
    return [(begin, min(step(begin.date(), grain) - timedelta(days=1), end)) for begin in begins]


def _frozen_since(question: Question) -> date | None:
    query = cast(SegmentSize, question.query)
    if query.segment is None:
        return None
    frozen = saved.find(store(), question.tenant.key, query.segment).frozen_at
    return frozen.astimezone(question.tenant.zone).date() if frozen else None


def _size(question: Question, day: date, since: date | None) -> float:
    return float("nan") if since is not None and day < since else float(target(looking(question, day)).size)
