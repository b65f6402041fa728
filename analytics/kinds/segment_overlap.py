"""SegmentOverlap: how many people are in which of several segments at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, cast

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.segment_size import SHARE, USERS
from analytics.members import Members
from analytics.metric import Unit
from analytics.question import Question
from analytics.result import Column, Result
from analytics.segment_names import title
from analytics.segments.questions import SegmentId, SegmentQuery, looking, moment, tables_of
from analytics.segments.resolve import known


class SegmentOverlap(SegmentQuery):
    """`SegmentOverlap(segments=("…", "…"))`: one row per combination that somebody is in, each person in exactly one."""

    kind: Literal["segment_overlap"] = "segment_overlap"
    segments: Annotated[tuple[SegmentId, ...], Field(min_length=2, max_length=6)]
    needs_one: ClassVar[bool] = False

    @field_validator("segments")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) != len(value):
            raise ValueError("names a segment twice")
        return value


COMBINATION = Text("Exactly in", "Exactement dans")
METRICS = (USERS, SHARE)


def tables(query: SegmentOverlap) -> Iterable[str]:
    return tables_of(query)


def permissions(query: SegmentOverlap) -> frozenset[Permission]:
    return frozenset({Permission.READ_KPI})


def lookback(query: SegmentOverlap) -> int | None:
    return None


def answer(question: Question) -> Result:
    """`combination` names the segments; `extra` holds `segments` (ids), `sizes`, `pairs` (sizes of the intersections of
    two) and for each row `sets`, the places of its segments."""
    query = cast(SegmentOverlap, question.query)
    held = known(looking(question), query.segments)
    parts = [held[one] for one in query.segments]
    marks = _marks(parts)
    count = np.bincount(marks, minlength=1 << len(parts))[1 : 1 << len(parts)]
    found = [int(m) + 1 for m in np.argsort(-count, kind="stable") if count[m]]
    sets = [[place for place in range(len(parts)) if mark >> place & 1] for mark in found]
    names = [" & ".join(title(query.segments[place]) for place in places) for places in sets]
    users = np.array([count[mark - 1] for mark in found], np.float64)
    anyone = float(count.sum())
    frame = pd.DataFrame({"combination": names, "segment_users": users, "segment_share": users / anyone if anyone else users})
    pairs = [[int(((marks >> a & 1) & (marks >> b & 1)).sum()) for b in range(len(parts))] for a in range(len(parts))]
    return Result(
        query=query,
        period=moment(question),
        frame=frame,
        columns=(Column("combination", COMBINATION, Unit.TEXT, "dimension"), *(Column(m.name, m.label, m.unit, "metric") for m in METRICS)),
        metrics=METRICS,
        totals={"segment_users": anyone},
        trail=tuple(question.trail),
        extra={"segments": query.segments, "sizes": [part.size for part in parts], "pairs": pairs, "sets": sets},
    )


def _marks(parts: list[Members]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Per user one bit for each segment."""
    marks = np.zeros(max(len(part.flags) for part in parts), np.int64)
    for place, part in enumerate(parts):
        marks[: len(part.flags)] |= part.flags.astype(np.int64) << place
    return marks
