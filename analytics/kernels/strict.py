"""Strict funnels: the next steps are the user's immediately following events of any name.

Events of one instant may stand in any order: what is left of the first instant may be thought before the start, every
instant in the middle must be used up, and of the last one only what is needed.
"""

from __future__ import annotations

import numpy as np

from analytics.kernels.arrays import Flags, Ints
from analytics.kernels.attempts import NEVER, Attempts, Plan, Starts, levels
from analytics.kernels.instants import Instants
from analytics.kernels.ordered import remainder


def strict(found: Instants, begun: Starts, plan: Plan) -> Attempts:
    """Every attempt as far as it comes; of several readings of a tie the one that comes furthest, then the earliest."""
    best = _walk(found, begun, plan, 0)
    most = int(np.max(found.size[begun.instant], initial=1))
    for extra in range(1, min(most, plan.steps)):
        rows = np.flatnonzero(found.size[begun.instant] > extra)
        other = _walk(found, Starts(begun.instant[rows], begun.bits[rows], begun.weight[rows]), plan, extra)
        better = levels(other, plan) >= np.maximum(levels(best.take(rows), plan), extra + 1)
        best.at[:, rows[better]] = other.at[:, better]
    return best


def _walk(found: Instants, begun: Starts, plan: Plan, extra: int) -> Attempts:
    """Attempts that fill `extra` more steps in their first instant and then go on to the next."""
    count = len(begun.instant)
    at = np.full((plan.steps, count), NEVER, np.int64)
    at[0] = begun.instant
    rows, done = np.arange(count), np.full(count, 1 + extra)
    if extra:
        rows = np.flatnonzero(found.contents.can_fill(remainder(found, begun), np.full(count, _span(1, extra))))
        at[1 : extra + 1, rows] = begun.instant[rows]
    latest = found.time[begun.instant] + plan.window
    here = begun.instant.copy()
    while len(rows := rows[done[rows] < plan.steps]):
        here[rows] += 1
        rows = rows[_goes_on(found, begun, here, (rows, latest))]
        rows = _consume(found, at, (rows, here, done))
    return Attempts(at, begun.weight)


def _goes_on(found: Instants, begun: Starts, here: Ints, which: tuple[Ints, Ints]) -> Flags:
    """Whether the user has a next instant inside the window."""
    rows, latest = which
    there = np.minimum(here[rows], len(found) - 1)
    inside = here[rows] < len(found)
    return inside & (found.who[there] == found.who[begun.instant[rows]]) & (found.time[there] <= latest[rows])


def _consume(found: Instants, at: Ints, walk: tuple[Ints, Ints, Ints]) -> Ints:
    """Fill steps from each attempt's instant; the attempts whose instant is used up and that may go on."""
    rows, here, done = walk
    size = found.size[here[rows]]
    filled = np.zeros(len(rows), np.int64)
    for n in range(1, min(int(np.max(size, initial=0)), len(at)) + 1):
        able = np.flatnonzero((filled == n - 1) & (size >= n) & (done[rows] + n <= len(at)))
        able = able[_can(found, here[rows[able]], done[rows[able]], n)]
        at[done[rows[able]] + n - 1, rows[able]] = here[rows[able]]
        filled[able] = n
    done[rows] += filled
    return rows[filled == size]


def _can(found: Instants, instant: Ints, done: Ints, n: int) -> Flags:
    """Whether the instant fills the next n steps after `done`."""
    steps = ((1 << n) - 1) << done
    single = found.size[instant] == 1
    good = found.bits[instant] & steps != 0 if n == 1 else np.zeros(len(instant), bool)
    tied = np.flatnonzero(~single)
    good[tied] = found.contents.can_fill(found.content[instant[tied]], steps[tied])
    return good


def _span(first: int, length: int) -> int:
    return ((1 << length) - 1) << first
