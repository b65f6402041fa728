"""Funnel: how many people go through steps in time, where they stop, and how long they take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from accounts.language import Text
from accounts.roles import Permission
from analytics.event_log import event_permissions, event_tables, microseconds
from analytics.grid import Grid
from analytics.kernels.arrays import distinct
from analytics.kernels.outcome import Outcome, reached
from analytics.kinds import funnel_views as views
from analytics.kinds.aggregate import BUCKET_LABEL
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.funnel_run import Passage, passage
from analytics.metric import Metric, Unit
from analytics.period import Grain
from analytics.question import Question
from analytics.result import Column, Result, Warning
from analytics.where import event_dimension

STEP_LABEL = Text("Step", "Étape")
EVENT_LABEL = Text("Event", "Événement")
FROM_LABEL = Text("From", "De")
TO_LABEL = Text("To", "À")


def tables(query: Funnel) -> Iterable[str]:
    return event_tables(query, query.matchers, _cuts(query))


def permissions(query: Funnel) -> frozenset[Permission]:
    return event_permissions(query, query.matchers, _cuts(query)) | query.money()


def lookback(query: Funnel) -> int | None:
    """Only the first event ever is looked for in the past."""
    return None if query.entry == "first_ever" else 0


def _cuts(query: Funnel) -> tuple[str, ...]:
    return (*query.by, *([query.hold] if query.hold else []))


@dataclass(frozen=True)
class _View:
    frame: pd.DataFrame
    keys: tuple[Column, ...]
    metrics: tuple[Metric, ...]
    partial: frozenset[pd.Timestamp] = frozenset()


def answer(question: Question) -> Result:
    """Read, walk, and lay out the view asked for; totals are everybody once, whatever the breakdown."""
    query = cast(Funnel, question.query)
    passed = passage(question, whole=query.view == "trend")
    view = _VIEWS[query.view](passed, question)
    totals, extra = _whole(passed, question)
    columns = _columns(query, view.keys, view.metrics)
    return Result(
        query=query,
        period=question.period,
        frame=view.frame[[c.name for c in columns]],
        columns=columns,
        metrics=view.metrics,
        totals=totals,
        partial=view.partial,
        currency=question.tenant.currency,
        warnings=(_still_open(extra["open"]),) if extra["open"] and query.view == "steps" else (),
        trail=tuple(question.trail),
        extra=extra,
    )


def _still_open(people: int) -> Warning:
    return Warning(
        "open",
        Text(
            f"{people} of those who entered may still convert: their window reaches beyond the period.",
            f"{people} de ceux qui sont entrés peuvent encore aboutir : leur délai dépasse la période.",
        ),
    )


def _steps(passed: Passage, question: Question) -> _View:
    query = cast(Funnel, question.query)
    keys = (Column("step", STEP_LABEL, Unit.TEXT, "dimension"), Column("event", EVENT_LABEL, Unit.TEXT, "dimension"))
    return _View(views.steps_frame(passed, query), keys, views.STEP_METRICS + ((views.VALUE,) if query.value else ()))


def _histogram(passed: Passage, question: Question) -> _View:
    keys = (Column("from_seconds", FROM_LABEL, Unit.SECONDS, "dimension"), Column("to_seconds", TO_LABEL, Unit.SECONDS, "dimension"))
    return _View(views.histogram_frame(passed, cast(Funnel, question.query)), keys, views.HISTOGRAM_METRICS)


def _trend(passed: Passage, question: Question) -> _View:
    frame, grid = views.trend_frame(passed, question)
    return _View(
        frame, (Column("bucket", BUCKET_LABEL, Unit.TIME, "time"),), views.TREND_METRICS, grid.partial() | views.unfinished(question, grid)
    )


_VIEWS = {"steps": _steps, "histogram": _histogram, "trend": _trend}


def _columns(query: Funnel, keys: tuple[Column, ...], metrics: tuple[Metric, ...]) -> tuple[Column, ...]:
    cuts = [Column(name, event_dimension(name).label, Unit.TEXT, "dimension") for name in query.by]
    return (*keys, *cuts, *(Column(m.name, m.label, m.unit, "metric") for m in metrics))


def _whole(passed: Passage, question: Question) -> tuple[dict[str, float | None], dict[str, Any]]:
    """The funnel from end to end, and what the reader may want beside it."""
    query = cast(Funnel, question.query)
    everybody = passed.sums
    entered, through = everybody.entered, everybody.through
    mean, median = everybody.seconds or (None, None)
    totals = {
        "people": float(entered),
        "converted": float(through),
        "dropped": float(entered - through),
        "conversion": through / entered if entered else None,
        "mean_time": mean,
        "median_time": median,
    }
    waiting = entered - passed.settled(views.reach(question))
    steps = [{"title": step.title, "optional": step.optional} for step in query.steps]
    return totals, {"steps": steps, "entered": entered, "converted": through, "open": waiting, "window_seconds": query.window_seconds}


def members(question: Question, slices: tuple[str, ...] | None = None, bucket: pd.Timestamp | None = None) -> pd.DataFrame:
    """Who is behind the funnel: one row per user, session or account: `key`, `reached` (required steps filled), `took` (seconds from
    start to end, NaN for those who did not come through) and `step_<k>` flags from 1; in one slice (its words) or bucket of the
    trend where told."""
    query = cast(Funnel, question.query)
    passed = passage(question, whole=bucket is not None)
    chosen, when, wanted = None, None, 0
    if bucket is not None:
        grid = Grid(question.scan(Grain(query.grain)), question.period)
        chosen, when = views.closed(passed, question), views.start_buckets(passed, grid)
        wanted = int(np.searchsorted(grid.buckets().asi8, microseconds(bucket)))
    sitting = views.seats(passed, chosen, when)
    inside = sitting.bucket == wanted
    if slices is not None:
        row = passed.words.index(slices) if slices in passed.words else -1
        inside &= sitting.row == row
    index = distinct(sitting.index[inside])
    return _members(passed, sitting.outcome, index, _owners(passed, sitting, when)[index])


def _owners(passed: Passage, sitting: views.Seats, when: Any) -> Any:
    buckets = 1 if when is None else int(when.max(initial=0)) + 1
    lane = sitting.outcome.who // buckets
    return passed.keys[lane if passed.row is None else lane // max(len(passed.words), 1)]


def _members(passed: Passage, found: Outcome, index: Any, keys: Any) -> pd.DataFrame:
    flags = {f"step_{k + 1}": reached(found, k)[index] for k in range(passed.plan.steps)}
    frame = pd.DataFrame({"key": keys, "reached": found.level[index], "took": views.took(passed, found)[index], **flags})
    # One person may sit in several slices, or start in several lanes: the furthest stands.
    return frame.sort_values(["key", "reached"], ascending=[True, False], kind="stable").drop_duplicates("key").reset_index(drop=True)


def passed_by(question: Question, before: int, step: int) -> pd.DataFrame:
    """Everybody who did step `before` (from 0), by their best attempt: `key`, `at` (its microseconds since 1970), and whether they
    `dropped` before `step`."""
    passed = passage(question, whole=False)
    found = passed.everybody
    here = np.flatnonzero(reached(found, before))
    at = passed.found.time[found.at[before][here]]
    return pd.DataFrame({"key": passed.keys[found.who[here]], "at": at, "dropped": ~reached(found, step)[here]})
