"""Lifecycle: of those active in each bucket, who is new, came back, stayed; and who of the bucket before is gone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd
import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.activity_log import Activity, ActivityQuery, activity_tables, matchers, read_activity, with_bucket_before
from analytics.event_log import event_permissions, microseconds
from analytics.kernels.arrays import Flags, Floats, Ints
from analytics.kinds.aggregate import BUCKET_LABEL
from analytics.metric import Metric, Unit
from analytics.period import EARLIEST, Grain, step
from analytics.question import Question
from analytics.result import Column, Result
from data_access.functions import local_time
from data_access.schema import users

State = Literal["new", "returning", "resurrecting", "dormant"]
STATES: tuple[State, ...] = ("new", "returning", "resurrecting", "dormant")
LONGEST_BUCKET = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


class Lifecycle(ActivityQuery):
    """`Lifecycle(event=Matcher(event="page_view"), grain="week", period="12w")`.

    New: active in the bucket in which the user was created. Returning: active in the bucket before too. Resurrecting: active,
    not before, not new. Dormant, as a negative number: active in the bucket before and not now. The first bucket is whole
    even where the period begins inside it, and the one before it counts as history.
    """

    kind: Literal["lifecycle"] = "lifecycle"


def _metric(name: State, label: Text, description: Text, better: Literal["up", "down"] = "up") -> Metric:
    return Metric(name, label, description, "activity", Unit.COUNT, better=better, empty=0.0)


METRICS = (
    _metric(
        "new", Text("New", "Nouveaux"), Text("Active in the bucket they were created in.", "Actifs dans l’intervalle de leur création.")
    ),
    _metric(
        "returning", Text("Returning", "Fidèles"), Text("Active in the bucket before too.", "Actifs aussi dans l’intervalle précédent.")
    ),
    _metric(
        "resurrecting",
        Text("Resurrecting", "Réactivés"),
        Text("Active again after a bucket without.", "De nouveau actifs après un intervalle sans activité."),
    ),
    _metric(
        "dormant",
        Text("Dormant", "Endormis"),
        Text(
            "Active in the bucket before and not now, as a negative number.",
            "Actifs dans l’intervalle précédent et plus maintenant, en négatif.",
        ),
    ),
)


def tables(query: Lifecycle) -> Iterable[str]:
    return activity_tables(query) | {"users"}


def permissions(query: Lifecycle) -> frozenset[Permission]:
    return event_permissions(query, matchers(query))


def lookback(query: Lifecycle) -> int | None:
    return 2 * LONGEST_BUCKET[query.grain]


def answer(question: Question) -> Result:
    """One row per bucket."""
    activity = read_activity(with_bucket_before(question))
    created = _created(question, activity)
    cells = [_states(activity, created, b) for b in range(_first(question, activity), len(activity.buckets))]
    counts: dict[str, Floats] = {state: np.array([float(cell[state].sum()) for cell in cells]) for state in STATES}
    counts["dormant"] = 0.0 - counts["dormant"]
    frame = pd.DataFrame({"bucket": activity.buckets[_first(question, activity) :], **counts})
    columns = (Column("bucket", BUCKET_LABEL, Unit.TIME, "time"), *(Column(m.name, m.label, m.unit, "metric") for m in METRICS))
    return Result(
        query=question.query,
        period=question.period,
        frame=frame,
        columns=columns,
        metrics=METRICS,
        partial=activity.grid.partial() & frozenset(frame["bucket"]),
        trail=tuple(question.trail),
        extra={"people": _everybody(activity, question)},
    )


def _first(question: Question, activity: Activity) -> int:
    """The number of the first bucket shown: the one before it is history, if there is one."""
    return 1 if len(activity.buckets) and activity.buckets[0].date() < question.period.first and question.period.first > EARLIEST else 0


def _everybody(activity: Activity, question: Question) -> int:
    there = np.zeros(len(activity.users), bool)
    for active in activity.active[_first(question, activity) :]:
        there[active] = True
    return int(there.sum())


def _created(question: Question, activity: Activity) -> Ints:
    """For each user the bucket of its creation, -1 where that lies outside."""
    found = np.full(len(activity.users), -1, np.int64)
    if not len(activity.buckets):
        return found
    local = sa.cast(local_time(users.c.created_at, question.tenant.time_zone), sa.Date)
    day = sa.func.coalesce(local, users.c.signed_up_day)
    since = day >= sa.cast(sa.literal(activity.buckets[0].date()), sa.Date)
    frame = question.read(sa.select(users.c.user_key, day.label("day")).where(users.c.tenant == question.tenant.key, since))
    who, days = frame["user_key"].to_numpy(np.int64, na_value=0), frame["day"].to_numpy("datetime64[us]").view("int64")
    bucket = np.searchsorted(activity.buckets.asi8, days, side="right") - 1
    place = np.minimum(np.searchsorted(activity.users, who), max(len(activity.users) - 1, 0))
    known = days < _end(activity)
    known &= activity.users[place] == who if len(activity.users) else False
    found[place[known]] = bucket[known]
    return found


def _end(activity: Activity) -> int:
    """Where the last bucket ends, in microseconds since 1970 of tenant time."""
    following = step(activity.buckets[-1].date(), Grain(str(activity.grid.scan.grain)))
    return microseconds(datetime(following.year, following.month, following.day))


def _flags(activity: Activity, bucket: int) -> Flags:
    flags = np.zeros(len(activity.users), bool)
    if bucket >= 0:
        flags[activity.active[bucket]] = True
    return flags


def _states(activity: Activity, created: Ints, bucket: int) -> dict[State, Flags]:
    """Who is in which state in one bucket."""
    now, before = _flags(activity, bucket), _flags(activity, bucket - 1)
    new = now & (created == bucket)
    return {"new": new, "returning": now & before & ~new, "resurrecting": now & ~before & ~new, "dormant": before & ~now}


def members(question: Question, bucket: pd.Timestamp | None, state: State | None) -> pd.DataFrame:
    """The users of a cell: `key`. Without bucket the last one; without state all active."""
    activity = read_activity(with_bucket_before(question))
    if not len(activity.buckets):
        return pd.DataFrame({"key": activity.users})
    at = len(activity.buckets) - 1 if bucket is None else int(np.searchsorted(activity.buckets.asi8, microseconds(bucket)))
    if at >= len(activity.buckets) or (bucket is not None and activity.buckets[at] != bucket):
        return pd.DataFrame({"key": activity.users[:0]})
    chosen = _flags(activity, at) if state is None else _states(activity, _created(question, activity), at)[state]
    return pd.DataFrame({"key": activity.users[chosen]})
