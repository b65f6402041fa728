"""Stickiness: how many people are active in exactly 1, 2, 3 … buckets of the period."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

from accounts.language import Text
from accounts.roles import Permission
from analytics.activity_log import Activity, ActivityQuery, activity_tables, matchers, read_activity
from analytics.event_log import event_permissions
from analytics.kernels.arrays import Ints
from analytics.metric import Metric, Unit
from analytics.question import Question
from analytics.result import Column, Result


class Stickiness(ActivityQuery):
    """`Stickiness(event=Matcher(event="page_view"), grain="day", period="30d")`."""

    kind: Literal["stickiness"] = "stickiness"


PEOPLE = Metric(
    "people",
    Text("People", "Personnes"),
    Text("Active in exactly so many buckets.", "Actifs dans exactement ce nombre d’intervalles."),
    "activity",
    Unit.COUNT,
    empty=0.0,
)
SHARE = Metric(
    "share",
    Text("Share", "Part"),
    Text("Of all who were active in the period.", "De tous les actifs de la période."),
    "activity",
    Unit.RATIO,
    change="points",
)
AT_LEAST = Metric(
    "at_least",
    Text("At least as many", "Au moins autant"),
    Text("Active in at least so many buckets.", "Actifs dans au moins ce nombre d’intervalles."),
    "activity",
    Unit.COUNT,
    empty=0.0,
)
METRICS = (PEOPLE, SHARE, AT_LEAST)
TIMES_LABEL = Text("Active buckets", "Intervalles actifs")


def tables(query: Stickiness) -> Iterable[str]:
    return activity_tables(query)


def permissions(query: Stickiness) -> frozenset[Permission]:
    return event_permissions(query, matchers(query))


def lookback(query: Stickiness) -> int | None:
    return 0


def _times(activity: Activity) -> Ints:
    """In how many buckets each user was active."""
    times = np.zeros(len(activity.users), np.int64)
    for active in activity.active:
        times[active] += 1
    return times


def answer(question: Question) -> Result:
    """One row per number of buckets, from 1 to all of them; `times` is that number."""
    activity = read_activity(question)
    length = len(activity.buckets)
    count = np.bincount(_times(activity), minlength=length + 1)[1:].astype(np.float64)
    total = float(count.sum())
    frame = pd.DataFrame(
        {
            "times": [str(n) for n in range(1, length + 1)],
            "people": count,
            "share": count / total if total else np.full(length, np.nan),
            "at_least": count[::-1].cumsum()[::-1],
        }
    )
    keys = (Column("times", TIMES_LABEL, Unit.TEXT, "dimension"),)
    return Result(
        query=question.query,
        period=question.period,
        frame=frame,
        columns=(*keys, *(Column(m.name, m.label, m.unit, "metric") for m in METRICS)),
        metrics=METRICS,
        totals={"people": total, "share": None, "at_least": None},
        trail=tuple(question.trail),
        extra={"buckets": length},
    )


def members(question: Question, times: int | None) -> pd.DataFrame:
    """The users active in exactly so many buckets (in any, without a number): `key`, `times`."""
    activity = read_activity(question)
    found = _times(activity)
    chosen = found > 0 if times is None else found == times
    return pd.DataFrame({"key": activity.users[chosen], "times": found[chosen]})
