"""One look at a course: the reading and value that count at an instant. The engine looks now; a preview looks at every past
due time, by the same function."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from cronsim import CronSim

from alerts.conditions.condition import Condition
from alerts.course import Course, Judged
from alerts.rule import Rule
from alerts.state import CALM, Reading, Standing, State, judge


@dataclass(frozen=True)
class Look:
    """What was seen at `at`: the value, and the limit it was held to (None where there is none)."""

    at: datetime
    reading: Reading
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Firing:
    """One incident that a rule would have had. `ended` is None while it lasts; `worst` is the value furthest from its limit."""

    series: str
    started: datetime
    fired: datetime
    ended: datetime | None
    worst: float | None

    def lasted(self, now: datetime) -> timedelta:
        return (self.ended or now) - self.fired


def looks(condition: Condition, course: Course, instants: Sequence[datetime], zone: ZoneInfo) -> Iterator[Look]:
    """What is seen at each instant. Only whole hours (or days) count, and the unfinished one too where the condition is eager.

    Nothing is seen before the course begins: those instants are left out.
    """
    judged = condition.judge(course)
    local = np.array([at.astimezone(zone).replace(tzinfo=None) for at in instants], dtype="datetime64[s]")
    rows = np.searchsorted(course.at.astype("datetime64[s]"), local, side="right") - 1
    if not (condition.eager and course.adds):
        rows = rows - 1
    for at, row in zip(instants, rows, strict=True):
        if row >= 0:
            yield _seen(judged, int(row), at)


def _seen(judged: Judged, row: int, at: datetime) -> Look:
    value, low, high = (float(values[row]) for values in (judged.value, judged.lower, judged.upper))
    if not judged.known[row]:
        return Look(at, Reading.ABSENT)
    limit = high if not np.isnan(high) and (np.isnan(low) or value > low) else low
    return Look(at, Reading.BREACH if judged.breach[row] else Reading.CLEAR, value, None if np.isnan(limit) else limit)


def due_times(rule: Rule, zone: ZoneInfo, first: datetime, last: datetime) -> list[datetime]:
    """When the rule looks in (first, last], by its cron in the tenant's zone."""
    found: list[datetime] = []
    for due in CronSim(rule.every, first.astimezone(zone)):
        if due > last:
            return found
        found.append(due)
    return found


def replayed(rule: Rule, series: str, seen: Sequence[Look]) -> list[Firing]:
    """The incidents that these looks would have made, by the rule's own state machine."""
    standing: Standing = CALM
    found: list[Firing] = []
    worst: Look | None = None
    for look in seen:
        before = standing
        standing, _ = judge(standing, look.reading, rule.policy, look.at)
        if standing.state is State.FIRING:
            worst = look if before.state is not State.FIRING else _worse(worst, look)
        if before.state is State.FIRING and standing.state is not State.FIRING:
            found.append(_firing(series, before, worst, look.at))
    if standing.state is State.FIRING:
        found.append(_firing(series, standing, worst, None))
    return found


def _worse(one: Look | None, other: Look) -> Look:
    if one is None or one.value is None or other.value is None:
        return one if one and one.value is not None else other
    return max(one, other, key=lambda look: abs((look.value or 0) - (look.limit or 0)))


def _firing(series: str, standing: Standing, worst: Look | None, ended: datetime | None) -> Firing:
    assert standing.since is not None
    assert standing.fired_at is not None
    return Firing(series, standing.since, standing.fired_at, ended, worst.value if worst else None)
