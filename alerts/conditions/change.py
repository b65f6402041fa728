"""A change against the same window some time before."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from alerts.conditions.condition import Condition, Hours, Op, compared, held_to
from alerts.course import Course, Judged, shifted


class Change(Condition):
    """(window − window `before` hours earlier) / that window is `op` `limit`: −0.3 is a fall by 30 %.

    Nothing is said where the earlier window is below `least`: the change of a handful is noise.
    """

    kind: Literal["change"] = "change"
    op: Op = "<"
    limit: Annotated[float, Field(ge=-1, le=100)]
    before: Hours = 168
    least: Annotated[float, Field(gt=0)] = 20

    def judge(self, course: Course) -> Judged:
        now = course.window(self.hours)
        then = shifted(now, course.rows(self.before))
        with np.errstate(invalid="ignore"):
            value = np.where(then >= self.least, (now - then) / np.where(then >= self.least, then, 1.0), np.nan)
        return Judged.of(compared(value, self.op, self.limit), value, **held_to(self.op, np.full(len(course), self.limit)))

    @property
    def memory(self) -> int:
        return self.hours + self.before
