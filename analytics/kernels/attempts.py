"""Attempts at a funnel: where each starts, how far it comes, when exclusions void it, which is a user's best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Flags, Ints, begins, run_of
from analytics.kernels.instants import Instants

NEVER = -1


@dataclass(frozen=True)
class Exclusion:
    """No event of `bit` strictly between step `after` and step `before`."""

    bit: int
    after: int
    before: int


@dataclass(frozen=True)
class Plan:
    """A funnel as numbers. `later[k]`: step k must come strictly after the one before (it equals or contains it).
    `optional[k]`: step k may be left out. `window`: microseconds from the start, included."""

    steps: int
    window: int
    later: tuple[bool, ...]
    optional: tuple[bool, ...]
    exclusions: tuple[Exclusion, ...] = ()

    @property
    def required(self) -> list[int]:
        return [k for k in range(self.steps) if not self.optional[k]]

    def previous(self, step: int) -> int:
        """The required step that comes before."""
        return max(k for k in self.required if k < step)


@dataclass(frozen=True)
class Attempts:
    """`at[k]`: the instant at which step k was filled, NEVER where it was not; attempts are in the order of their start.
    `weight`: how many events start this very attempt."""

    at: Ints  # steps × attempts
    weight: Ints

    def __len__(self) -> int:
        return self.at.shape[1]

    def take(self, rows: Ints | Flags) -> Attempts:
        return Attempts(self.at[:, rows], self.weight[rows])

    @property
    def start(self) -> Ints:
        return self.at[0]


@dataclass(frozen=True)
class Starts:
    """`instant` and kind (step bits) of the events that start attempts; equal ones once, with their number."""

    instant: Ints
    bits: Ints
    weight: Ints

    def keep(self, rows: Flags) -> Starts:
        return Starts(self.instant[rows], self.bits[rows], self.weight[rows])


def starts(found: Instants, bits: Ints, which: int, steps: int) -> Starts:
    """Every event that has one of the bits `which`."""
    rows = np.flatnonzero(bits & which)
    instant, kind = found.of[rows], bits[rows] & ((1 << steps) - 1)
    if len(found) == len(bits):
        return Starts(instant, kind, np.ones(len(rows), np.int64))
    pairs = np.sort(instant << 32 | kind)
    first = begins(pairs)
    return Starts(pairs[first] >> 32, pairs[first] & 0xFFFFFFFF, np.diff(first, append=len(pairs)))


def first_only(found: Instants, begun: Starts, ever: tuple[Ints, Ints] | None = None) -> Starts:
    """Only the starts at each user's first instant; with `ever` (users, microseconds) only where that is their first in all history."""
    who, time = found.who[begun.instant], found.time[begun.instant]
    if not len(who):
        return begun
    first = begins(who)
    kept = time == np.minimum.reduceat(time, first)[run_of(first, len(who))]
    if ever is not None:
        users, times = ever
        place = np.minimum(np.searchsorted(users, who), len(users) - 1)
        kept &= (users[place] == who) & (times[place] == time)
    return begun.keep(kept)


def after(found: Instants, positions: Ints, instant: Ints, latest: Ints) -> Ints:
    """The first of `positions` after each instant, by the same user and no later than `latest`; NEVER where there is none."""
    if not len(positions):
        return np.full(len(instant), NEVER, np.int64)
    place = np.searchsorted(positions, instant, side="right")
    ahead = positions[np.minimum(place, len(positions) - 1)]
    good = (place < len(positions)) & (found.who[ahead] == found.who[instant]) & (found.time[ahead] <= latest)
    return np.where(good, ahead, NEVER)


def voided(found: Instants, tried: Attempts, plan: Plan) -> Flags:
    """Attempts with an excluded event strictly between the two steps, or, where the second is not reached, before the window ends."""
    void = np.zeros(len(tried), bool)
    ends = found.time[tried.start] + plan.window
    for exclusion in plan.exclusions:
        rows = np.flatnonzero(tried.at[exclusion.after] != NEVER)
        begun, done = tried.at[exclusion.after, rows], tried.at[exclusion.before, rows]
        bound = np.where(done == NEVER, ends[rows], found.time[done])
        void[rows] |= after(found, found.having(exclusion.bit), begun, bound - 1) != NEVER
    return void


def levels(tried: Attempts, plan: Plan) -> Ints:
    """How many required steps each attempt has filled."""
    level = np.zeros(len(tried), np.int16)
    for step in plan.required:
        level += tried.at[step] != NEVER
    return level
