"""More, or less, than a number within the window."""

from __future__ import annotations

from typing import Literal

import numpy as np

from alerts.conditions.condition import Condition, Op, compared, held_to
from alerts.course import Course, Judged, window_sum


class Threshold(Condition):
    """The sum over the last `hours` is `op` `limit`. An hour without rows is a sum of nothing, not zero: see the no-data policy."""

    kind: Literal["threshold"] = "threshold"
    op: Op = ">"
    limit: float

    def judge(self, course: Course) -> Judged:
        value = window_sum(course.values, self.hours)
        return Judged.of(compared(value, self.op, self.limit), value, **held_to(self.op, np.full(len(course), self.limit)))
