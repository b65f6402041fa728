"""What every condition is: settings that a form is made from, and one pure function from a course to a judgement."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from alerts.course import Bools, Course, Floats, Judged

Op = Literal[">", ">=", "<", "<="]
COMPARE: dict[Op, Callable[[Floats, float], Bools]] = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
Hours = Annotated[int, Field(ge=1, le=24 * 90)]


class Condition(BaseModel):
    """Subclasses add `kind`, their settings and `judge`. `hours`: the window that the value is taken over, the current hour included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    hours: Hours = 1

    def judge(self, course: Course) -> Judged:
        """Whether the condition is met at each hour, from that hour and earlier ones alone."""
        raise NotImplementedError

    @property
    def eager(self) -> bool:
        """Whether the current, unfinished hour may be judged too: where what is still to come can only confirm the breach."""
        return False

    @property
    def memory(self) -> int:
        """Hours of history that the newest judgement needs."""
        return self.hours


def compared(value: Floats, op: Op, limit: float | Floats) -> Bools:
    """NaN on either side is never a breach."""
    with np.errstate(invalid="ignore"):
        return np.asarray(COMPARE[op](value, limit), dtype=bool)  # type: ignore[arg-type]


def held_to(op: Op, limit: Floats) -> dict[str, Floats]:
    """The limit as the lower or upper one of a judgement."""
    return {"upper" if op in (">", ">=") else "lower": limit}
