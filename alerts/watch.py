"""From what a rule watches to courses: the only place where alerts ask questions, and they ask through `run`.

An Aggregate is asked by the hour, one question for all of its history. Any other shape (a funnel's conversion, the cell of a
retention, the size of a segment) is asked as it is, once for each day, as it would have been answered at the end of that day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import numpy as np
import pandas as pd

from accounts.actor import Actor
from alerts.course import Course, Floats
from alerts.rule import MOST_SERIES, Rule, Watched
from analytics.kinds.aggregate import Aggregate
from analytics.metric import Metric, Unit
from analytics.metrics import METRICS
from analytics.period import Period
from analytics.run import run

HOUR = np.timedelta64(1, "h")
DAILY = 24
Slice = tuple[str, ...]


@dataclass(frozen=True)
class Watching:
    """For whom, up to when, and how far back."""

    actor: Actor
    now: datetime
    hours: int

    @property
    def first(self) -> datetime:
        return self.now - timedelta(hours=self.hours)


def courses(rule: Rule, watching: Watching) -> dict[str, Course]:
    """The course of each series by its label ("" where the rule has no breakdown), up to the current hour or day.

    A series is what a breakdown's slice has; the upstream is broken down alike, or is the same for all. Raises what `run`
    raises, and ValueError beyond MOST_SERIES.
    """
    values = _asked(rule.watched, watching)
    above = _asked(rule.upstream, watching) if rule.upstream else {}
    if len(values) > MOST_SERIES:
        raise ValueError(f"{len(values)} series: narrow the rule, {MOST_SERIES} are judged at most")
    whole = above.get(())
    return {" · ".join(slice_): replace(course, upstream=_beside(course, above.get(slice_, whole))) for slice_, course in values.items()}


def _beside(course: Course, above: Course | None) -> Floats | None:
    return None if above is None else pd.Series(above.values, index=above.at).reindex(course.at).to_numpy(np.float64)


def _asked(watched: Watched, watching: Watching) -> dict[Slice, Course]:
    if isinstance(watched.query, Aggregate):
        return _hourly(watched.query, watched.value, watching)
    return {(): _daily(watched, watching)}


def adds(metric: Metric) -> bool:
    """Whether the hours of the metric sum up: counts and amounts that flow, not rates, percentiles and stocks."""
    return metric.unit in (Unit.COUNT, Unit.MONEY) and metric.when == "flow" and metric.empty == 0


def _hourly(query: Aggregate, value: str, watching: Watching) -> dict[Slice, Course]:
    """One question for the whole span; slices without rows in an hour hold the metric's empty value."""
    tenant, metric = watching.actor.tenant, METRICS[value]
    here = [moment.astimezone(tenant.zone) for moment in (watching.first, watching.now)]
    period = Period.between(here[0].date(), here[1].date())
    asked = query.model_copy(
        update={"metrics": (value,), "period": period, "grain": "hour", "compare": None, "order": None, "totals": False}
    )
    frame = run(asked, watching.actor, watching.now).frame
    first, last = (np.datetime64(moment.replace(tzinfo=None), "h") for moment in here)
    at = np.arange(first, last + HOUR, HOUR)
    empty = np.nan if metric.empty is None else metric.empty
    slices = frame.groupby(list(query.by), sort=False) if query.by else [((), frame)]
    found: dict[Slice, Course] = {}
    for slice_, rows in slices:
        series = pd.Series(rows[value].to_numpy(np.float64), index=rows["bucket"].to_numpy("datetime64[h]"))
        found[tuple(map(str, slice_))] = Course(at, series.reindex(at).fillna(empty).to_numpy(np.float64), adds=adds(metric))
    return found if found or query.by else {(): Course(at, np.full(len(at), empty), adds=adds(metric))}


def _daily(watched: Watched, watching: Watching) -> Course:
    """The answer as it was at the end of each past day, and as it is now."""
    zone = watching.actor.tenant.zone
    today = watching.now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(max(watching.hours // DAILY, 0), -1, -1)]
    ends = [datetime.combine(day + timedelta(days=1), time(), tzinfo=zone) for day in days[:-1]]
    values = [run(watched.query, watching.actor, at).value(watched.value) for at in (*ends, watching.now)]
    at = np.array(days, dtype="datetime64[h]")
    return Course(at, np.array([np.nan if value is None else value for value in values], np.float64), adds=False, step=DAILY)
