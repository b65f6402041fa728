"""Five ways to share a conversion among the touchpoints before it, in whole parts that add up exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from analytics.kernels.arrays import Floats, Ints, begins, run_of

PARTS = 1_000_000  # a conversion is shared in millionths, money in minor units: whole numbers, so that shares add up exactly


@dataclass(frozen=True)
class Touches:
    """Touchpoints sorted by (conversion, time): `conversion` is its place among the conversions, `time` microseconds since 1970.

    Derived: `first`, where each conversion's touchpoints begin; `place` (from 1) and `size`, of each touchpoint in its path.
    """

    conversion: Ints
    time: Ints
    first: Ints = field(init=False)
    place: Ints = field(init=False)
    size: Ints = field(init=False)

    def __post_init__(self) -> None:
        first = begins(self.conversion)
        run = run_of(first, len(self.conversion))
        sizes = np.diff(first, append=len(self.conversion))
        object.__setattr__(self, "first", first)
        object.__setattr__(self, "place", np.arange(len(self.conversion)) - first[run] + 1 if len(first) else first)
        object.__setattr__(self, "size", sizes[run] if len(first) else first)

    def __len__(self) -> int:
        return len(self.conversion)

    @property
    def last(self) -> Ints:
        """Where each conversion's touchpoints end."""
        return np.append(self.first[1:], len(self)) - 1 if len(self.first) else self.first


# What of a conversion is given once the k-th of n touchpoints is reached, as whole numbers (top, bottom).
Given = Callable[[Ints, Ints], tuple[Ints, Ints]]


def _first(k: Ints, n: Ints) -> tuple[Ints, Ints]:
    return (k >= 1).astype(np.int64), np.ones_like(n)


def _last(k: Ints, n: Ints) -> tuple[Ints, Ints]:
    return (k == n).astype(np.int64), np.ones_like(n)


def _linear(k: Ints, n: Ints) -> tuple[Ints, Ints]:
    return k, n


def _position(k: Ints, n: Ints) -> tuple[Ints, Ints]:
    """Two fifths to the first and to the last, one fifth to all between; halves where there are two."""
    between = np.maximum(n - 2, 1)
    inner = np.where(k == 0, 0, np.where(k == n, 5 * between, 2 * between + (k - 1)))
    few = n <= 2
    return np.where(few, k, inner), np.where(few, n, 5 * between)


RATIONAL: Mapping[str, Given] = {"first_touch": _first, "last_touch": _last, "linear": _linear, "position_based": _position}
MODELS = ("first_touch", "last_touch", "linear", "time_decay", "position_based")


def shared(model: str, touches: Touches, amount: Ints, half_life: float) -> Ints:
    """Each touchpoint's whole part of its conversion's `amount` (one per touchpoint, the conversion's whole amount).

    Up to the k-th touchpoint the model gives a share s of the amount; the k-th gets what that share, rounded half up, adds to the
    one before. So the parts add up to the amount exactly, and each is less than one unit away from the model's own figure.
    `half_life`, in days: a touchpoint that much older than another weighs half.
    """
    if model == "time_decay":
        upto, before = _decayed(touches, half_life)
        return np.floor(amount * upto + 0.5).astype(np.int64) - np.floor(amount * before + 0.5).astype(np.int64)
    given = RATIONAL[model]
    return _rounded(amount, *given(touches.place, touches.size)) - _rounded(amount, *given(touches.place - 1, touches.size))


def _rounded(amount: Ints, top: Ints, bottom: Ints) -> Ints:
    return (2 * amount * top + bottom) // (2 * bottom)


def _decayed(touches: Touches, half_life: float) -> tuple[Floats, Floats]:
    """The shares given up to each touchpoint and before it. Only ages against the path's last touchpoint count."""
    age = (touches.time[touches.last].repeat(touches.size[touches.first]) - touches.time) / 86_400e6
    weight = np.exp2(-age / half_life)
    run = np.cumsum(weight)
    start = (run - weight)[touches.first].repeat(touches.size[touches.first])
    whole = np.add.reduceat(weight, touches.first).repeat(touches.size[touches.first]) if len(touches) else weight
    upto = np.where(touches.place == touches.size, 1.0, (run - start) / whole)
    upto = np.minimum(upto, 1.0)
    before = np.where(touches.place == 1, 0.0, np.append(0.0, upto[:-1]))
    return upto, before
