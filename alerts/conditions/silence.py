"""Zero downstream although there is traffic upstream: how much traffic makes a zero significant is learned, not guessed.

If each upstream event led downstream with the rate p that history shows, n of them would all lead nowhere with probability
(1 − p)ⁿ. The zero is significant once that is at most `chance`: n ≥ ln(chance) / ln(1 − p). p is the 10th percentile of the daily
rates of the past `learn_days` days (days without traffic aside): a rule that learned from its best days would fire on an ordinary bad one.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from alerts.conditions.condition import Condition
from alerts.course import Course, Floats, Judged, window_sum

DAY = 24


class Silence(Condition):
    """`least`: upstream below which nothing is said, whatever was learned; the only bound where history holds no downstream at all."""

    kind: Literal["silence"] = "silence"
    least: Annotated[float, Field(ge=1)] = 10
    chance: Annotated[float, Field(gt=0, lt=0.5)] = 0.001
    learn_days: Annotated[int, Field(ge=1, le=180)] = 28

    def judge(self, course: Course) -> Judged:
        rows = course.rows(self.hours)
        down, up = (np.nan_to_num(window_sum(values, rows)) for values in (course.values, course.above))
        needed = self.needed(course)
        whole = np.arange(len(course)) + 1 >= rows
        return Judged.of((down == 0) & (up > self.least) & (up >= needed) & whole, down, lower=np.ones(len(course)), upper=needed)

    @property
    def memory(self) -> int:
        return self.hours + (self.learn_days + 1) * DAY

    def needed(self, course: Course) -> Floats:
        """For each hour, the upstream count at which a zero is significant by the days before the window; `least` while
        there is no history."""
        rate = _low_rate(course, self.hours, self.learn_days)
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.ceil(np.log(self.chance) / np.log1p(-np.minimum(rate, 0.999)))
        return np.maximum(np.where(rate > 0, needed, self.least), self.least)

    def lasting(self, course: Course) -> float:
        """How many hours a silence must last to be significant, at the past day's upstream traffic; infinite without any."""
        traffic = float(np.nansum(course.above[-course.rows(DAY) :])) / DAY
        return float(self.needed(course)[-1]) / traffic if traffic > 0 else float("inf")


def _low_rate(course: Course, hours: int, days: int) -> Floats:
    """The 10th percentile of downstream / upstream over the whole days that ended before each hour's window began."""
    day = course.rows(DAY)
    down, up = (np.nan_to_num(window_sum(values, day)) for values in (course.values, course.above))
    daily = np.where(up > 0, down / np.maximum(up, 1), np.nan)
    back = course.rows(hours) + day * np.arange(days)
    ends = np.arange(len(course))[:, None] - back[None, :]
    # TRICKY: the first day of a course is cut at its beginning; only ends with a whole day behind them count.
    rates = np.where(ends >= day - 1, daily[np.maximum(ends, 0)], np.nan)
    found = np.full(len(course), np.nan)
    some = ~np.isnan(rates).all(axis=1)
    found[some] = np.nanpercentile(rates[some], 10, axis=1)
    return np.nan_to_num(found)
