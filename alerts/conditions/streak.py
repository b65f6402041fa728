"""The same error again and again."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from alerts.conditions.condition import Condition
from alerts.course import Course, Judged, window_sum


class Streak(Condition):
    """More than `times` within the window, judged for each value of the rule's breakdown apart: one card error is bad luck,
    the same error four times is a cause. With an upstream (successes), one success in the window breaks the streak."""

    kind: Literal["streak"] = "streak"
    times: Annotated[int, Field(ge=1)] = 3

    def judge(self, course: Course) -> Judged:
        value = window_sum(course.values, course.rows(self.hours))
        broken = np.nan_to_num(window_sum(course.above, course.rows(self.hours))) > 0
        with np.errstate(invalid="ignore"):
            return Judged.of((value > self.times) & ~broken, value, upper=np.full(len(course), float(self.times)))

    @property
    def eager(self) -> bool:
        return True
