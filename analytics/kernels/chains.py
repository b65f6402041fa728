"""Ordered funnels whose steps are different events: each person's outcome straight from one sorted array of keys per step.

A key is `user << width | time`. Where no event can fill two steps, ties need no thought: the next step is the earliest of its
events at or after the one before, so a chain is a look-up in the next step's keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Floats, Ints, begins, grouped_median, run_of
from analytics.kernels.attempts import NEVER, Plan
from analytics.kernels.outcome import Outcome

KEY_BITS = 62


@dataclass(frozen=True)
class Chains:
    """`best`: everybody's outcome, its instants being places in `time`; `earliest`: the instant of each one's first start."""

    best: Outcome
    earliest: Ints
    time: Ints


@dataclass(frozen=True)
class _Level:
    """The attempts that reach a step, in order of their starts: `at[k]` the key of step k, `person` whose each is."""

    at: list[Ints]
    person: Ints

    def take(self, rows: Ints) -> _Level:
        return _Level([at[rows] for at in self.at], self.person[rows])


def simple(bits: Ints, plan: Plan) -> bool:
    """Whether every event is one step, and steps follow each other without options."""
    if plan.exclusions or any(plan.later) or any(plan.optional):
        return False
    return not (bits & (bits - 1)).any()


def chains(who: Ints, time: Ints, bits: Ints, plan: Plan) -> Chains | None:
    """Everybody's outcome in a log sorted by (who, time), `who` numbered from 0; None where keys would not fit 63 bits."""
    first = int(time.min()) if len(time) else 0
    width = (int(time.max(initial=first)) - first).bit_length()
    if width + int(who[-1] if len(who) else 0).bit_length() > KEY_BITS:
        return None
    key = who << width
    key |= time - first
    steps = [key[np.flatnonzero(bits == 1 << k)] for k in range(plan.steps)]
    levels = _levels(steps, min(plan.window, (1 << width) - 1), width)
    return _outcomes(levels, (width, first), plan)


def _levels(steps: list[Ints], window: int, width: int) -> list[_Level]:
    """The attempts that come to step 0, 1, 2 …"""
    start, mask = steps[0], (1 << width) - 1
    first = begins(start >> width)
    found = [_Level([start], np.repeat(np.arange(len(first)), np.diff(first, append=len(start))))]
    for keys in steps[1:]:
        rows, ahead = _ahead(found[-1].at, keys, window, mask)
        reached = found[-1].take(rows)
        found.append(_Level([*reached.at, ahead], reached.person))
    return found


def _ahead(at: list[Ints], keys: Ints, window: int, mask: int) -> tuple[Ints, Ints]:
    """Which attempts come to a step with these keys, and when."""
    start, here = at[0], at[-1]
    if not len(keys) or not len(here):
        return np.zeros(0, np.int64), keys[:0]
    if len(at) == 1 and 4 * len(keys) < len(here):
        return _from_the_few(start, keys, window, mask)
    ahead = keys.take(np.searchsorted(keys, here), mode="clip")
    latest = np.minimum(start + window, start | mask)
    # A person with nothing ahead is given the last key of all, which may lie behind.
    rows = np.flatnonzero((ahead <= latest) & (ahead >= here))
    return rows, ahead[rows]


def _from_the_few(start: Ints, keys: Ints, window: int, mask: int) -> tuple[Ints, Ints]:
    """The same from the other side, where starts are many and events of the step few: each takes the starts since the one before."""
    last = np.searchsorted(start, keys, side="right")
    first = np.searchsorted(start, np.maximum(keys - window, keys & ~mask))
    first[1:] = np.maximum(first[1:], last[:-1])
    size = np.maximum(last - first, 0)
    before = np.cumsum(size) - size
    rows = np.arange(int(size.sum())) + np.repeat(first - before, size)
    return rows, np.repeat(keys, size)


def _outcomes(levels: list[_Level], scale: tuple[int, int], plan: Plan) -> Chains:
    """Everybody by the furthest step that any attempt reaches."""
    starts = begins(levels[0].person)
    earliest, people = levels[0].at[0][starts], len(starts)
    level = np.ones(people, np.int16)
    best = np.full((plan.steps, people), NEVER, np.int64)
    mean, median = np.full((plan.steps, people), np.nan), np.full((plan.steps, people), np.nan)
    best[0] = earliest
    for k in range(plan.steps - 1, 0, -1):
        further = k + 1 < plan.steps
        top = levels[k].take(np.flatnonzero(level[levels[k].person] == 1)) if further else levels[k]
        level[top.person] = k + 1
        _fill(top, (best, mean, median))
    return _numbered(Outcome(earliest >> scale[0], best, level, mean, median), earliest, scale)


def _fill(top: _Level, into: tuple[Ints, Floats, Floats]) -> None:
    """Keys, means and medians of people whose furthest attempts these are; attempts of one person lie together."""
    best, mean, median = into
    first = begins(top.person)
    whose = top.person[first]
    size = np.diff(first, append=len(top.person))
    several = np.flatnonzero(size > 1)
    rows = np.flatnonzero(np.repeat(size > 1, size)) if len(several) else several
    before = top.at[0][first]
    best[0, whose] = before
    for k in range(1, len(top.at)):
        here = top.at[k][first]
        best[k, whose] = here
        took = (here - before) / 1e6
        mean[k, whose] = median[k, whose] = took
        if len(rows):
            alike = _averages(top.at[k][rows] - top.at[k - 1][rows], top.person[rows])
            mean[k, whose[several]], median[k, whose[several]] = alike
        before = here


def _averages(took: Ints, person: Ints) -> tuple[Floats, Floats]:
    """Mean and median seconds of each person, in order."""
    first = begins(person)
    group = run_of(first, len(person))
    size = np.diff(first, append=len(person))
    return np.bincount(group, took / 1e6) / size, grouped_median(group, took, len(first)) / 1e6


def _numbered(found: Outcome, earliest: Ints, scale: tuple[int, int]) -> Chains:
    """Keys become instants: places in one array of times (where nothing was reached, of no meaning)."""
    width, first = scale
    count = found.at.size
    time = np.concatenate([found.at.reshape(-1), earliest])
    time &= (1 << width) - 1
    time += first
    at = np.where(found.at == NEVER, NEVER, np.arange(count).reshape(found.at.shape))
    best = Outcome(found.who, at, found.level, found.mean, found.median)
    return Chains(best, np.arange(count, count + len(earliest)), time)
