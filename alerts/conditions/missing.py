"""Nothing arrived at all."""

from __future__ import annotations

from typing import Literal

import numpy as np

from alerts.conditions.condition import Condition
from alerts.course import Course, Judged, window_sum


class Missing(Condition):
    """No value, or zero, in every one of the last `hours`. A series that never had one is not missed."""

    kind: Literal["missing"] = "missing"

    def judge(self, course: Course) -> Judged:
        value = np.nan_to_num(window_sum(course.values, course.rows(self.hours)))
        ever = np.cumsum(np.nan_to_num(course.values)) > 0
        whole = np.arange(len(course)) + 1 >= course.rows(self.hours)
        return Judged.of((value == 0) & ever & whole, value, lower=np.full(len(course), np.nextafter(0, 1)))
