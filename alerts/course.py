"""What a condition looks at: one series by the hour, and sums over a moving window. All pure arrays, so that the reading of
this moment and the preview of a year of history are the same function."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """`values[i]` belongs to the hour that starts at `at[i]` (tenant's calendar, datetime64, ascending, no hour left out); NaN =
    no value. `upstream`: what the value follows from (page views before sign-ups), or what it is a part of; same length.
    `adds`: whether values of hours sum up (counts, money), or only their mean says something (rates, percentiles).
    `step`: hours from one value to the next; 24 for questions that are asked by the day."""

    at: NDArray[np.datetime64]
    values: Floats
    upstream: Floats | None = None
    adds: bool = True
    step: int = 1

    def __len__(self) -> int:
        return len(self.at)

    def rows(self, hours: int) -> int:
        """How many values a window of so many hours holds."""
        return max(-(-hours // self.step), 1)

    def window(self, hours: int) -> Floats:
        """The values over a window that ends with each: their sum, or their mean where they do not add."""
        total = window_sum(self.values, self.rows(hours))
        return total if self.adds else total / np.maximum(window_sum(np.where(np.isnan(self.values), 0.0, 1.0), self.rows(hours)), 1)

    @property
    def above(self) -> Floats:
        """The upstream values; zero where the rule names none."""
        return np.zeros(len(self)) if self.upstream is None else self.upstream


@dataclass(frozen=True)
class Judged:
    """For each hour: whether the condition is met, the value it was judged by, and the limits that value was held to
    (NaN where there is none). `known` is False where nothing can be said."""

    breach: Bools
    value: Floats
    known: Bools
    lower: Floats
    upper: Floats

    @classmethod
    def of(cls, breach: Bools, value: Floats, *, lower: Floats | None = None, upper: Floats | None = None) -> Judged:
        """A judgement that is known wherever its value is a number."""
        nothing = np.full(len(value), np.nan)
        known = ~np.isnan(value)
        return cls(breach & known, value, known, nothing if lower is None else lower, nothing if upper is None else upper)


def window_sum(values: Floats, rows: int) -> Floats:
    """The sum over each value and the `rows - 1` before it; one without a value counts as 0, a window of only such
    ones is NaN. The first windows are as long as there is history."""
    present = ~np.isnan(values)
    sums, counts = _running(np.where(present, values, 0.0)), _running(present.astype(np.float64))
    start = np.maximum(np.arange(len(values)) + 1 - rows, 0)
    end = np.arange(len(values)) + 1
    return np.where(counts[end] > counts[start], sums[end] - sums[start], np.nan)


def shifted(values: Floats, rows: int) -> Floats:
    """The value so many rows earlier; NaN before there is one."""
    moved = np.full(len(values), np.nan)
    if rows < len(values):
        moved[rows:] = values[: len(values) - rows]
    return moved


def _running(values: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values)))
