"""When people visit: all sessions of one company, in time order, at most one per person and two hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.clock import DAY, HOUR, MINUTE, Whole, day_weight, seconds_of_day, weekday
from demo.people import PLACE_LAG, VISITOR, Population
from demo.world import World

NORMAL, FIRST, SIGN_UP, CHECKOUT, CREDITS, LEAVE, BOOKING = range(7)  # why a session is there; all but NORMAL are given
APART = 125 * 60_000  # milliseconds between the starts of one person's sessions; longer than any session and 30 minutes
MILLISECOND = 1_000
FIRST_EVENTS, PLANNED_EVENTS = 5.4, 8.5  # about how many a first visit and another planned one have
TOO_CLOSE = 1.055  # makes up for casual visits that fall beside another of the same person


@dataclass
class Sessions:
    """By start; position i is session_key i + 1. `start` in microseconds, `role` says why the session is there."""

    user: npt.NDArray[np.int32]
    start: Whole
    role: npt.NDArray[np.int8]

    @property
    def size(self) -> int:
        return len(self.user)


@dataclass(frozen=True)
class Planned:
    """Visits that must happen: a person, an instant and a role."""

    user: npt.NDArray[np.integer]
    start: Whole
    role: int


class PlannedRows:
    """Which row of a list of planned visits a session came from."""

    def __init__(self, world: World, user: npt.NDArray[np.integer], start: Whole) -> None:
        self._from = world.calendar.events_from
        packed = self._pack(user, start)
        self._rows = np.flatnonzero(start >= self._from)
        self._rows = self._rows[np.argsort(packed[self._rows], kind="stable")]
        self._keys = packed[self._rows]

    def _pack(self, user: npt.NDArray[np.integer], start: Whole) -> Whole:
        return (user.astype(np.int64) << 36) | ((start - self._from) // MILLISECOND)

    def find(self, user: npt.NDArray[np.integer], start: Whole) -> Whole:
        """The row for each person and session start, -1 where there is none."""
        if not len(self._keys):
            return np.full(len(user), -1, dtype=np.int64)
        wanted = self._pack(user, start)
        found = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[found] == wanted, self._rows[found], -1)


Life = tuple[Whole, npt.NDArray[np.float64]]  # per person: the instant after which they come no more, visits per day until then


def sessions(world: World, people: Population, life: Life, planned: list[Planned], *, mean_events: float) -> Sessions:
    """Planned visits, and as many others as it takes to reach the scale's events at `mean_events` a casual visit."""
    rng = world.rng("sessions")
    planned = [*_arriving(people), *planned]
    given = np.concatenate([_pack(world, plan.user, plan.start, plan.role) for plan in planned])
    expected = np.array([FIRST_EVENTS if role == FIRST else PLANNED_EVENTS for role in range(8)])[given & 7].sum()
    wanted = max(world.events - expected, 0.0) / mean_events + 1
    tried = len(_casual(world, rng, people, life, drawn=wanted / 16)[0]) * 16 + 1  # a small try tells how many of those drawn remain
    user, start = _casual(world, rng, people, life, drawn=wanted * TOO_CLOSE * wanted / tried)
    return _spaced(world, np.sort(np.concatenate([_pack(world, user, start, NORMAL), given])))


def _arriving(people: Population) -> list[Planned]:
    """Everyone's first visit, and the later one in which some sign up."""
    later = np.flatnonzero(people.signed_up > people.first_seen + HOUR)
    return [Planned(np.arange(people.size), people.first_seen, FIRST), Planned(later, people.signed_up[later] - 3 * MINUTE, SIGN_UP)]


def _casual(world: World, rng: np.random.Generator, people: Population, life: Life, *, drawn: float) -> tuple[npt.NDArray[np.int32], Whole]:
    """Visits between a person's beginning and end, busier on busy days, at their own hour of the day.

    `drawn` of them are drawn; those on quiet days and outside the calendar are left out again.
    """
    last, per_day = life
    start = np.maximum(np.where(people.signed_up >= 0, people.signed_up, people.first_seen), world.calendar.events_from)
    span = np.maximum(np.minimum(last, world.calendar.stop) - start, 0)
    expected = per_day * (span / DAY)
    counts = rng.poisson(expected * (drawn / max(expected.sum(), 1e-9)))
    user = np.repeat(np.arange(people.size, dtype=np.int32), counts)
    at = start[user] + (rng.random(len(user), dtype=np.float32).astype(np.float64) * span[user]).astype(np.int64)
    wall = (at + world.calendar.offset(at)) // DAY
    quiet = day_weight(wall.astype(np.int32)) * np.where(people.business[user] & (weekday(wall.astype(np.int32)) >= 5), 0.45, 1.0)
    kept = rng.random(len(user), dtype=np.float32) < quiet
    user, wall = user[kept], wall[kept]
    local = wall * DAY + seconds_of_day(rng, len(user))
    at = world.calendar.to_utc(local) + PLACE_LAG[people.place[user]]
    inside = (at > start[user]) & (at < world.calendar.stop)
    return user[inside], at[inside]


def _pack(world: World, user: npt.NDArray[np.integer], start: Whole, role: int) -> Whole:
    """One integer per visit that sorts by person and time: 24 bits, 36 bits of milliseconds, 3 bits."""
    inside = (start >= world.calendar.events_from) & (start < world.calendar.stop)
    when = (start[inside] - world.calendar.events_from) // MILLISECOND
    return (user[inside].astype(np.int64) << 39) | (when << 3) | role


def _spaced(world: World, packed: Whole) -> Sessions:
    """Drop what is too close to another visit of the same person (planned visits win), then order by time."""
    while True:
        when, planned = packed >> 3, (packed & 7) != NORMAL
        # The person is part of the number, so another person's visit is always far away.
        near = np.diff(when) < APART
        drop = np.zeros(len(packed), dtype=bool)
        drop[1:] = near & (~planned[1:] | planned[:-1])
        drop[:-1] |= near & ~planned[:-1] & planned[1:]
        if not drop.any():
            break
        packed = packed[~drop]
    user, when, role = packed >> 39, (packed >> 3) & ((1 << 36) - 1), packed & 7
    ordered = np.sort((when << 27) | (user << 3) | role)
    start = world.calendar.events_from + (ordered >> 27) * MILLISECOND
    return Sessions(((ordered >> 3) & ((1 << 24) - 1)).astype(np.int32), start, (ordered & 7).astype(np.int8))


def last_seen(people: Population, made: Sessions) -> Whole:
    """The start of each person's last session; who had none was last seen when first seen."""
    seen = people.first_seen.copy()
    seen[made.user] = made.start  # TRICKY: sessions are in time order, so the last assignment wins
    return seen


def lives(world: World, people: Population, paying_until: Whole, fading: npt.NDArray[np.bool_]) -> Life:
    """How long and how often each person comes. `paying_until` is -1 for those who never paid; `fading` users are
    gone within days. Visits per day are relative: the scale decides how many there are."""
    rng = world.rng("lives")
    free = np.exp(rng.normal(3.3, 1.5, people.size)) * np.where(people.activated, 2.5, 1.0)
    days = np.where(rng.random(people.size) < np.where(people.activated, 0.2, 0.5), rng.random(people.size) * 2, free)
    days = np.where(people.part == VISITOR, np.where(rng.random(people.size) < 0.3, rng.exponential(7, people.size), 0.0), days)
    days = np.where(fading, np.where(rng.random(people.size) < 0.02, 40.0, rng.random(people.size) * 3), days)
    begin = np.where(people.signed_up >= 0, people.signed_up, people.first_seen)
    last = begin + (np.minimum(days, 3000) * DAY).astype(np.int64)
    faithful = (paying_until > 0) & (rng.random(people.size) < 0.88)
    last = np.where(faithful, np.maximum(last, paying_until), last)
    # Those who leave stop coming: nobody's activity outlives a cancelled subscription by more than ten days.
    last = np.where(paying_until > 0, np.minimum(last, paying_until + 10 * DAY), last)
    often = np.where(paying_until > 0, 0.36, np.where(people.part == VISITOR, 0.12, 0.16)) * rng.gamma(1.6, 1 / 1.6, people.size)
    return last, often + 0.01
