"""A part of a whole: failures among attempts, payments among checkouts."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from alerts.conditions.condition import Condition, Op, compared, held_to
from alerts.course import Course, Judged, window_sum


class Ratio(Condition):
    """Sum of the values / sum of the upstream values over the window is `op` `limit` (0.4 = 40 %).

    `complement` judges 1 − ratio: abandonment where the value is the completions. Nothing is said below `least` upstream.
    """

    kind: Literal["ratio"] = "ratio"
    op: Op = ">"
    limit: float
    least: Annotated[float, Field(ge=1)] = 10
    complement: bool = False

    def judge(self, course: Course) -> Judged:
        rows = course.rows(self.hours)
        part, whole = np.nan_to_num(window_sum(course.values, rows)), np.nan_to_num(window_sum(course.above, rows))
        share = np.where(whole >= self.least, part / np.maximum(whole, 1e-300), np.nan)
        value = 1.0 - share if self.complement else share
        return Judged.of(compared(value, self.op, self.limit), value, **held_to(self.op, np.full(len(course), self.limit)))
