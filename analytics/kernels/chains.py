"""Ordered funnels whose steps are different events: each person's outcome straight from one sorted array of keys per step.

A key is `user << width | time`. Where no event can fill two steps, ties need no thought: the next step is the earliest of its
events at or after the one before, so a chain is a look-up in the next step's keys.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Flags, Floats, Ints, begins, grouped_median, run_of
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
    """The attempts that reach a step, in order of their starts: `at[k]` the key of step k."""

    at: list[Ints]

    def users(self, width: int) -> Ints:
        return self.at[0] >> width


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
    steps = [key[bits == 1 << k] for k in range(plan.steps)]
    levels = _levels(steps, min(plan.window, (1 << width) - 1), width)
    return _outcomes(levels, (width, first), plan)


def _levels(steps: list[Ints], window: int, width: int) -> list[_Level]:
    """The attempts that come to step 0, 1, 2 …"""
    mask = (1 << width) - 1
    found = [_Level([steps[0]])]
    for keys in steps[1:]:
        rows, ahead = _ahead(found[-1].at, keys, window, mask)
        found.append(_Level([*(at[rows] for at in found[-1].at), ahead]))
    return found


def _ahead(at: list[Ints], keys: Ints, window: int, mask: int) -> tuple[Ints | Flags, Ints]:
    """Which attempts come to a step with these keys, and when."""
    start, here = at[0], at[-1]
    if not len(keys) or not len(here):
        return np.zeros(len(here), bool), keys[:0]
    if len(at) == 1 and 4 * len(keys) < len(here):
        return _from_the_few(start, keys, window, mask)
    place = np.searchsorted(keys, here)
    ahead = keys.take(place, mode="clip")
    good = (ahead >= here) & (ahead <= np.minimum(start + window, start | mask))
    rows = np.flatnonzero(good)
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
    width = scale[0]
    who = _distinct(levels[0].users(width))
    people = len(who)
    level, starts = np.ones(people, np.int16), begins(levels[0].users(width))
    earliest = levels[0].at[0][starts]
    best = np.full((plan.steps, people), NEVER, np.int64)
    mean, median = np.full((plan.steps, people), np.nan), np.full((plan.steps, people), np.nan)
    best[0] = earliest
    open_ = np.ones(people, bool)
    for k in range(plan.steps - 1, 0, -1):
        person = _places(who, levels[k].users(width))
        mine = np.flatnonzero(open_[person])
        top = _Level([at[mine] for at in levels[k].at])
        level[person[mine]] = k + 1
        _fill(top, person[mine], (best, mean, median))
        open_[person] = False
    return _numbered(Outcome(who, best, level, mean, median), earliest, scale)


def _distinct(users: Ints) -> Ints:
    return users[begins(users)]


def _places(who: Ints, users: Ints) -> Ints:
    """The place of each of some users, in order, among all."""
    if len(who) and who[-1] == len(who) - 1:
        return users
    return np.searchsorted(who, users)


def _fill(top: _Level, person: Ints, into: tuple[Ints, Floats, Floats]) -> None:
    """Keys, means and medians of people whose furthest attempts these are; attempts of one person lie together."""
    best, mean, median = into
    first = begins(person)
    whose = person[first]
    several = np.flatnonzero(np.diff(first, append=len(person)) > 1)
    rows = np.flatnonzero(np.isin(run_of(first, len(person)), several)) if len(several) else several
    for k, at in enumerate(top.at):
        best[k, whose] = at[first]
        if not k:
            continue
        took = (at - top.at[k - 1])[first] / 1e6
        mean[k, whose] = median[k, whose] = took
        if len(rows):
            mean[k, whose[several]], median[k, whose[several]] = _averages(at[rows] - top.at[k - 1][rows], person[rows])


def _averages(took: Ints, person: Ints) -> tuple[Floats, Floats]:
    """Mean and median seconds of each person, in order."""
    first = begins(person)
    group = run_of(first, len(person))
    size = np.diff(first, append=len(person))
    return np.bincount(group, took / 1e6) / size, grouped_median(group, took, len(first)) / 1e6


def _numbered(found: Outcome, earliest: Ints, scale: tuple[int, int]) -> Chains:
    """Keys become instants: places in one array of times."""
    width, first = scale
    made = found.at != NEVER
    keys = np.concatenate([found.at[made], earliest])
    at = np.full(found.at.shape, NEVER, np.int64)
    at[made] = np.arange(int(made.sum()))
    time = (keys & ((1 << width) - 1)) + first
    best = Outcome(found.who, at, found.level, found.mean, found.median)
    return Chains(best, np.arange(len(keys) - len(earliest), len(keys)), time)
