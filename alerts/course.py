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
    """`values[i]` belongs to the hour that starts at `at[i]` (naive UTC, datetime64, ascending, no hour left out); NaN = no
    value. `upstream`: what the value follows from (page views before sign-ups), or what it is a part of; same length."""

    at: NDArray[np.datetime64]
    values: Floats
    upstream: Floats | None = None

    def __len__(self) -> int:
        return len(self.at)

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


def window_sum(values: Floats, hours: int) -> Floats:
    """The sum over each hour and the `hours - 1` before it; an hour without a value counts as 0, a window of only such
    hours is NaN. The first windows are as long as there is history."""
    present = ~np.isnan(values)
    sums, counts = _running(np.where(present, values, 0.0)), _running(present.astype(np.float64))
    start = np.maximum(np.arange(len(values)) + 1 - hours, 0)
    end = np.arange(len(values)) + 1
    return np.where(counts[end] > counts[start], sums[end] - sums[start], np.nan)


def shifted(values: Floats, hours: int) -> Floats:
    """The value `hours` earlier; NaN before there is one."""
    moved = np.full(len(values), np.nan)
    if hours < len(values):
        moved[hours:] = values[: len(values) - hours]
    return moved


def _running(values: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(values)))
