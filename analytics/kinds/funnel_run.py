"""Going through a funnel: from the events read to each person's best attempt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from analytics.event_log import Log, Reading
from analytics.kernels.arrays import Flags, Ints, begins, distinct
from analytics.kernels.attempts import NEVER, Attempts, Plan
from analytics.kernels.attribution import Members, combined, ranked, regrouped
from analytics.kernels.outcome import Outcome, outcome
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.funnel_slices import belonging, limited, personal
from analytics.kinds.funnel_sums import Sums, sums
from analytics.kinds.funnel_walk import Firsts, Walk, Walker
from analytics.lists.people import spoken
from analytics.log_parts import joined, on_all_processors, read_parts
from analytics.question import Question


@dataclass(frozen=True)
class Moments:
    """When each instant was, and its first event in the log."""

    time: Ints
    first: Ints


@dataclass(frozen=True)
class Passage:
    """Everybody's attempts. `owner` names the entry of `keys` each belongs to, `row` its slice where every slice is a funnel
    of its own (attribution "all"); otherwise `members` says who is in which slice. `words`: the slices."""

    walks: Sequence[Walk]  # of disjoint people, in the order of their keys
    plan: Plan
    parted: Sequence[Members] | None  # of each walk, by its own numbers
    words: tuple[tuple[str, ...], ...]
    unordered: bool

    @cached_property
    def members(self) -> Members | None:
        """Who is in which slice."""
        if self.parted is None:
            return None
        who = [one.who + n for one, n in zip(self.parted, _before(self.walks, _people), strict=True)]
        return Members(np.concatenate(who), np.concatenate([one.rows for one in self.parted]), self.words)

    @cached_property
    def sums(self) -> Sums:
        """What everybody's best attempts add up to."""
        return sums(self.walks, self.parted, self.plan, max(len(self.words), 1))

    def settled(self, reach: int) -> int:
        """How many people have an attempt whose window is over before `reach` (microseconds since 1970)."""

        def count(walk: Walk) -> int:
            over = walk.time[walk.tried.start] + self.plan.window < reach
            return len(distinct(walk.owner[over]))

        return sum(on_all_processors(count, self.walks))

    @cached_property
    def keys(self) -> Ints:
        """The user, session or account of each number used here."""
        return np.concatenate([walk.keys for walk in self.walks])

    @cached_property
    def found(self) -> Moments:
        first = [walk.first + before for walk, before in zip(self.walks, _before(self.walks, _events), strict=True)]
        return Moments(np.concatenate([walk.time for walk in self.walks]), np.concatenate(first))

    @cached_property
    def log(self) -> Log:
        """The events, as far as attempts were kept whole."""
        return joined([walk.log for walk in self.walks if walk.log is not None])

    @cached_property
    def tried(self) -> Attempts:
        """Every attempt; everybody's earliest one alone, and its start alone, where attempts were not kept whole."""
        return Attempts(_shifted(self.walks, lambda walk: walk.tried.at), np.concatenate([walk.tried.weight for walk in self.walks]))

    @cached_property
    def owner(self) -> Ints:
        return np.concatenate([walk.owner + n for walk, n in zip(self.walks, _before(self.walks, _people), strict=True)])

    @cached_property
    def row(self) -> Ints | None:
        rows = [walk.row for walk in self.walks if walk.row is not None]
        return np.concatenate(rows) if rows else None

    def outcome(self, chosen: Flags | None = None, group: Ints | None = None) -> Outcome:
        """Everybody once: by owner, or by `group` (one number per attempt, whatever its order)."""
        if chosen is None and group is None:
            return self.everybody
        tried, who = self.tried, self.owner if group is None else group
        if chosen is not None:
            tried, who = tried.take(chosen), who[chosen]
        if len(who) and (np.diff(who) < 0).any():
            sorting = np.argsort(who, kind="stable")
            tried, who = tried.take(sorting), who[sorting]
        return outcome(self.found, tried, self.plan, who)

    @cached_property
    def everybody(self) -> Outcome:
        """Everybody once, whatever the breakdown."""
        found = [walk.best for walk in self.walks]
        who = np.concatenate([best.who + n for best, n in zip(found, _before(self.walks, _people), strict=True)])
        mean, median = (np.concatenate([getattr(best, name) for best in found], axis=1) for name in ("mean", "median"))
        return Outcome(who, _shifted(self.walks, lambda walk: walk.best.at), np.concatenate([best.level for best in found]), mean, median)


def _before(walks: Sequence[Walk], size: Callable[[Walk], int]) -> Ints:
    """For each walk how much there is in the walks before it."""
    sizes = np.array([size(walk) for walk in walks], np.int64)
    return np.cumsum(sizes) - sizes


def _events(walk: Walk) -> int:
    return 0 if walk.log is None else len(walk.log)


def _people(walk: Walk) -> int:
    return len(walk.keys)


def _shifted(walks: Sequence[Walk], at: Callable[[Walk], Ints]) -> Ints:
    """Instants of all walks, numbered through."""
    before = _before(walks, lambda walk: len(walk.time))
    return np.concatenate([np.where(at(walk) == NEVER, NEVER, at(walk) + n) for walk, n in zip(walks, before, strict=True)], axis=1)


def passage(question: Question, *, whole: bool = True) -> Passage:
    """Read and walk the question's funnel. Raises InvalidQuery where its steps are too tangled to count.

    Without `whole` only everybody's best attempt and the start of their earliest are kept, which is all that steps and times need.
    """
    query, plan = cast(Funnel, question.query), cast(Funnel, question.query).plan()
    said = [spoken(question, name) for name in query.by] if personal(query) else []
    cuts = (*(() if said else query.by), *([query.hold] if query.hold else []))
    parts = read_parts(question, Reading(query.matchers, query.per, cuts, value=query.value, every=query.order == "strict"))
    ever = _first_ever(question) if query.entry == "first_ever" else None
    walker = Walker(query, plan, ever, whole=whole or query.value or query.attribution == "all")
    if query.by and query.attribution == "all":
        return _apart(walker, joined(parts.each(lambda log: log)))
    belongs = belonging(query, said)
    done = parts.each(lambda log: (walker.walk(log), belongs(log) if query.by else None))
    walks, found = [walk for walk, _ in done], [one for _, one in done if one is not None]
    members, words = limited(found, query.limit) if query.by else (None, ())
    return Passage(walks, plan, members, words, query.order == "unordered")


def _apart(walker: Walker, log: Log) -> Passage:
    """Every slice as a funnel of its own."""
    query = walker.query
    found = belonging(query, [])(log)
    slices = combined([(cut.codes, cut.words) for cut in log.cuts[: len(query.by)]])
    new, words = ranked(found.entering, slices.words, query.limit)
    members = regrouped(found.members, new, words)
    return Passage([walker.walk(log, new[slices.rows])], walker.plan, [members], words, query.order == "unordered")


def _first_ever(question: Question) -> Firsts:
    """Who did the first step, and when each did for the first time in all history."""
    query = cast(Funnel, question.query)
    entering = query.steps if query.order == "unordered" else query.steps[:1]
    parts = read_parts(question, Reading(entering, query.per, history=True))
    firsts = parts.each(lambda log: (log.who[begins(log.who)], log.time[begins(log.who)]))
    who, when = (np.concatenate([np.zeros(0, np.int64), *(one[i] for one in firsts)]) for i in (0, 1))
    return who, when
