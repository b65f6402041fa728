"""Outside the band that this hour of the week usually has."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from alerts.conditions.condition import Condition
from alerts.course import Course, Judged

WEEK = 168
MAD_TO_SIGMA = 1.4826  # of a normal distribution


class Anomaly(Condition):
    """The window's sum lies outside median ± `width` σ of the same window in the past `weeks`.

    σ is 1.4826 × the median absolute deviation; of counts at least √median, which they spread by chance alone (Poisson).
    Medians, so that one earlier incident neither widens the band nor moves it. Nothing is said before three weeks of history.
    """

    kind: Literal["anomaly"] = "anomaly"
    width: Annotated[float, Field(ge=1, le=20)] = 4
    weeks: Annotated[int, Field(ge=3, le=26)] = 8
    side: Literal["both", "above", "below"] = "both"

    def judge(self, course: Course) -> Judged:
        value = course.window(self.hours)
        middle, sigma = self._usual(value, course)
        lower, upper = middle - self.width * sigma, middle + self.width * sigma
        with np.errstate(invalid="ignore"):
            high, low = value > upper, value < lower
        breach = {"both": high | low, "above": high, "below": low}[self.side]
        judged = Judged.of(breach, value, lower=np.maximum(lower, 0), upper=upper)
        return Judged(judged.breach, value, judged.known & ~np.isnan(middle), judged.lower, judged.upper)

    @property
    def memory(self) -> int:
        return self.hours + self.weeks * WEEK

    def _usual(self, value: np.ndarray, course: Course) -> tuple[np.ndarray, np.ndarray]:
        ends = np.arange(len(value))[:, None] - course.rows(WEEK) * (1 + np.arange(self.weeks))[None, :]
        past = np.where(ends >= course.rows(self.hours) - 1, value[np.maximum(ends, 0)], np.nan)
        enough = (~np.isnan(past)).sum(axis=1) >= 3
        middle, sigma = np.full(len(value), np.nan), np.full(len(value), np.nan)
        if enough.any():
            middle[enough] = np.nanmedian(past[enough], axis=1)
            spread = np.nanmedian(np.abs(past[enough] - middle[enough][:, None]), axis=1)
            sigma[enough] = np.maximum(MAD_TO_SIGMA * spread, np.sqrt(np.maximum(middle[enough], 1)) if course.adds else 1e-9)
        return middle, sigma
