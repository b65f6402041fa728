"""More, or less, than a number within the window."""

from __future__ import annotations

from typing import Literal

import numpy as np

from alerts.conditions.condition import Condition, Op, compared, held_to
from alerts.course import Course, Judged


class Threshold(Condition):
    """The sum (of a rate: the mean) over the last `hours` is `op` `limit`. An hour without rows is a sum of nothing, not zero:
    see the no-data policy."""

    kind: Literal["threshold"] = "threshold"
    op: Op = ">"
    limit: float

    def judge(self, course: Course) -> Judged:
        value = course.window(self.hours)
        return Judged.of(compared(value, self.op, self.limit), value, **held_to(self.op, np.full(len(course), self.limit)))

    @property
    def eager(self) -> bool:
        return self.op in (">", ">=")
