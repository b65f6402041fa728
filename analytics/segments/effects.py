"""How much two groups differ: shares and means, each with a 95 % interval and a standardised effect.

Cohen (1988) calls an effect of 0.2 small, 0.5 medium, 0.8 large; d for means and h for shares read on the same scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, nan, sqrt

import numpy as np

from analytics.kernels.outcome import wilson

Z = 1.959963984540054  # of 95 %, two sides


@dataclass(frozen=True)
class Sums:
    """A number of a group: how many people, the sum of their values and of the squares."""

    n: float
    total: float
    squares: float

    @property
    def mean(self) -> float:
        return self.total / self.n if self.n else nan

    @property
    def variance(self) -> float:
        """Of the sample; unknown for fewer than two."""
        return max(self.squares - self.total * self.mean, 0.0) / (self.n - 1) if self.n > 1 else nan


@dataclass(frozen=True)
class Effect:
    """`inside` and `outside` (shares or means), their difference with its interval, the lift (inside ÷ outside) and the effect."""

    inside: float
    outside: float
    difference: float
    low: float
    high: float
    lift: float
    effect: float


def of_means(inside: Sums, outside: Sums) -> Effect:
    """Difference of means; interval by Welch's standard error with the normal quantile; effect: Cohen's d with the pooled deviation."""
    difference = inside.mean - outside.mean
    known = inside.n > 1 and outside.n > 1
    error = sqrt(inside.variance / inside.n + outside.variance / outside.n) if known else nan
    pooled = sqrt(((inside.n - 1) * inside.variance + (outside.n - 1) * outside.variance) / (inside.n + outside.n - 2)) if known else nan
    effect = difference / pooled if pooled else nan
    lift = inside.mean / outside.mean if outside.mean else nan
    return Effect(inside.mean, outside.mean, difference, difference - Z * error, difference + Z * error, lift, effect)


def of_shares(inside: tuple[float, float], outside: tuple[float, float]) -> Effect:
    """Each (how many have it, of how many). Interval: Newcombe's (1998) hybrid of Wilson intervals; effect: Cohen's h."""
    if not inside[1] or not outside[1]:
        p, q = (x / n if n else nan for x, n in (inside, outside))
        return Effect(p, q, nan, nan, nan, nan, nan)
    p, q = inside[0] / inside[1], outside[0] / outside[1]
    lows, highs = wilson(np.array([inside[0], outside[0]]), np.array([inside[1], outside[1]]))
    (low_p, low_q), (high_p, high_q) = lows.tolist(), highs.tolist()
    low = p - q - sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    high = p - q + sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return Effect(p, q, p - q, low, high, p / q if q else nan, 2 * asin(sqrt(p)) - 2 * asin(sqrt(q)))
