"""Walking one part of the people through a funnel: from their events to their attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.event_log import Log
from analytics.kernels.arrays import Ints, begins, run_of
from analytics.kernels.attempts import NEVER, Attempts, Plan, Starts, first_only, starts, voided
from analytics.kernels.chains import Chains, chains, simple
from analytics.kernels.instants import Instants, instants
from analytics.kernels.ordered import ordered
from analytics.kernels.outcome import Outcome, outcome
from analytics.kernels.strict import strict
from analytics.kernels.unordered import TooTangled, unordered
from analytics.kinds.funnel_query import Funnel
from analytics.query import InvalidQuery

Firsts = tuple[Ints, Ints]  # people in ascending order, and when each did the first step for the first time ever


@dataclass(frozen=True)
class Walk:
    """What became of some people. `owner` names the entry of `keys` that each attempt belongs to, `row` its slice where every
    slice is a funnel of its own. `time` and `first` are by instant, as `tried` and `best` name them; `best` is everybody once."""

    log: Log | None
    time: Ints
    first: Ints
    keys: Ints
    tried: Attempts
    owner: Ints
    row: Ints | None
    best: Outcome


@dataclass(frozen=True)
class Walker:
    """How to walk. `whole`: keep every attempt; otherwise only each person's best and, as `tried`, their earliest one."""

    query: Funnel
    plan: Plan
    ever: Firsts | None = None
    whole: bool = True

    def walk(self, log: Log, split: Ints | None = None) -> Walk:
        """`split`: the slice of each event, where slices are funnels of their own. Raises InvalidQuery."""
        first = begins(log.who)
        keys = log.who[first]
        log = replace(log, who=run_of(first, len(log)))
        if (quick := self._quick(log)) is not None:
            begun = Attempts(quick.earliest[None], np.ones(len(quick.earliest), np.int64))
            return Walk(None, quick.time, np.zeros_like(quick.time), keys, begun, quick.best.who, None, quick.best)
        if self.query.hold:
            log, split = _held(log, split)
        log, lane, owners, row = _lanes(log, split, len(keys), held=bool(self.query.hold))
        found = instants(lane, log.time, log.bits, self.plan.steps)
        tried = self._tried(found, self._entries(found, log, (owners, keys)), log.bits)
        if self.plan.exclusions:
            tried = tried.take(~voided(found, tried, self.plan))
        mine = found.who[tried.start]
        owner = owners[mine]
        in_order, people = _by_person(tried, owner)
        best = outcome(found, in_order, self.plan, people)
        if not self.whole:
            return _kept(found, keys, (in_order, people), best)
        return Walk(log, found.time, found.first, keys, tried, owner, None if row is None else row[mine], best)

    def _quick(self, log: Log) -> Chains | None:
        """The outcome of funnels that need no thought about ties, where nothing more is asked for."""
        query = self.query
        if self.whole or query.hold or query.order != "ordered" or query.entry != "every" or not simple(log.bits, self.plan):
            return None
        return chains(log.who, log.time, log.bits, self.plan)

    def _entries(self, found: Instants, log: Log, people: tuple[Ints, Ints]) -> Starts:
        """The events that start attempts."""
        owners, keys = people
        begun = starts(found, log.bits, (1 << self.plan.steps) - 1 if self.query.order == "unordered" else 1, self.plan.steps)
        if self.query.entry == "every":
            return begun
        return first_only(replace(found, who=owners[found.who]), begun, None if self.ever is None else _among(self.ever, keys))

    def _tried(self, found: Instants, begun: Starts, bits: Ints) -> Attempts:
        if self.query.order == "ordered":
            return ordered(found, begun, self.plan)
        if self.query.order == "strict":
            return strict(found, begun, self.plan)
        try:
            return unordered(found, begun, self.plan, bits)
        except TooTangled as error:
            raise InvalidQuery(str(error)) from None


def _among(ever: Firsts, keys: Ints) -> Firsts:
    """Those of `keys` among them, by their place in `keys`."""
    who, when = ever
    place = np.searchsorted(keys, who)
    inside = place < len(keys)
    inside[inside] = keys[place[inside]] == who[inside]
    return place[inside], when[inside]


def _held(log: Log, split: Ints | None) -> tuple[Log, Ints | None]:
    """Only events whose held property is known; events without one can't be told to carry the same."""
    held = log.cuts[-1]
    known = np.array([bool(word) for word in held.words], bool)
    rows = np.flatnonzero(known[held.codes]) if len(known) else np.zeros(0, np.int64)
    return log.take(rows), None if split is None else split[rows]


def _lanes(log: Log, split: Ints | None, people: int, *, held: bool) -> tuple[Log, Ints, Ints, Ints | None]:
    """Events sorted into lanes: a person, or a person with one value. The log, each event's lane, each lane's person and slice."""
    values = [split] if split is not None else []
    values += [log.cuts[-1].codes] if held else []
    if not values:
        return log, log.who, np.arange(people), None
    sorting = np.lexsort((*reversed(values), log.who))
    first = begins(log.who[sorting], *(value[sorting] for value in values))
    lane = run_of(first, len(log))
    head = sorting[first]
    return log.take(sorting), lane, log.who[head], None if split is None else split[head]


def _by_person(tried: Attempts, owner: Ints) -> tuple[Attempts, Ints]:
    """Attempts in the order of their people."""
    if len(owner) and (owner[1:] < owner[:-1]).any():
        sorting = np.argsort(owner, kind="stable")
        return tried.take(sorting), owner[sorting]
    return tried, owner


def _kept(found: Instants, keys: Ints, by_person: tuple[Attempts, Ints], best: Outcome) -> Walk:
    """Only the instants of everybody's best and earliest attempts, numbered anew."""
    tried, owner = by_person
    earliest = _earliest(found, tried, begins(owner))
    used = np.zeros(len(found), bool)
    used[tried.start[earliest]] = True
    for at in best.at:
        used[at[at != NEVER]] = True
    number = np.cumsum(used) - 1
    at = np.where(best.at == NEVER, NEVER, number[best.at])
    begun = Attempts(number[tried.start[earliest]][None], tried.weight[earliest])
    return Walk(None, found.time[used], found.first[used], keys, begun, best.who, None, replace(best, at=at))


def _earliest(found: Instants, tried: Attempts, first: Ints) -> Ints:
    """For each person the attempt that starts first; those of a person need not be in order of time."""
    if not len(first):
        return first
    begun = found.time[tried.start]
    least = np.minimum.reduceat(begun, first)
    rows = np.flatnonzero(begun == least[run_of(first, len(begun))])
    return rows[begins(run_of(first, len(begun))[rows])]
