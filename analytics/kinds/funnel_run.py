"""Going through a funnel: from the events read to each person's best attempt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
import sqlalchemy as sa

from analytics.event_log import UNIT_COLUMNS, Log, Reading, event_bounds, event_rows, leaf_names
from analytics.kernels.arrays import Flags, Ints, begins, distinct, run_of
from analytics.kernels.attempts import Attempts, Plan, Starts, first_only, starts, voided
from analytics.kernels.attribution import Members, Slices, combined, largest, regrouped, seen, touched
from analytics.kernels.instants import Instants, instants
from analytics.kernels.ordered import ordered
from analytics.kernels.outcome import Outcome, outcome
from analytics.kernels.strict import strict
from analytics.kernels.unordered import TooTangled, unordered
from analytics.kinds.funnel_query import Funnel
from analytics.log_parts import read_log
from analytics.matching import matched
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.where import PERSON
from data_access.schema import events


@dataclass(frozen=True)
class Passage:
    """Everybody's attempts. `owner` names the entry of `keys` each belongs to, `row` its slice where every slice is a funnel
    of its own (attribution "all"); otherwise `members` says who is in which slice. `words`: the slices."""

    log: Log
    found: Instants
    plan: Plan
    keys: Ints  # the user, session or account of each number used here
    tried: Attempts
    owner: Ints
    row: Ints | None
    members: Members | None
    words: tuple[tuple[str, ...], ...]
    unordered: bool

    def outcome(self, chosen: Flags | None = None, group: Ints | None = None) -> Outcome:
        """Everybody once: by owner, or by `group` (one number per attempt, whatever its order)."""
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
        return self.outcome()


def passage(question: Question) -> Passage:
    """Read and walk the question's funnel. Raises InvalidQuery where its steps are too tangled to count."""
    query, plan = cast(Funnel, question.query), cast(Funnel, question.query).plan()
    cuts = (*query.by, *([query.hold] if query.hold else []))
    reading = Reading(query.matchers, query.per, cuts, value=query.value, every=query.order == "strict")
    log = read_log(question, reading)
    keys = log.who[begins(log.who)]
    log = replace(log, who=run_of(begins(log.who), len(log)))
    slices = combined([(cut.codes, cut.words) for cut in log.cuts[: len(query.by)]]) if query.by else None
    members, split = _attributed(query, log, slices)
    if query.hold:
        log, split = _held(log, split)
    return _walked(question, _Ready(log, split, members, keys, plan))


@dataclass(frozen=True)
class _Ready:
    """Events to walk: `split` is the slice of each where slices are funnels of their own."""

    log: Log
    split: Ints | None
    members: Members | None
    keys: Ints
    plan: Plan


def _attributed(query: Funnel, log: Log, slices: Slices | None) -> tuple[Members | None, Ints | None]:
    """Who is in which slice, and for attribution "all" the slice of each event."""
    if slices is None:
        return None, None
    every = (1 << len(query.steps)) - 1
    enters = log.bits & (every if query.order == "unordered" else 1) != 0
    if query.attribution in ("first", "last"):
        found = touched(log.who, slices, log.bits & every != 0, last=query.attribution == "last")
    else:
        at = 1 << query.attribution_step if query.attribution == "step" else 0
        found = seen(log.who, slices, log.bits & at != 0 if at else enters)
    new, words = largest(found, distinct(log.who[enters]), query.limit)
    return regrouped(found, new, words), new[slices.rows] if query.attribution == "all" else None


def _held(log: Log, split: Ints | None) -> tuple[Log, Ints | None]:
    """Only events whose held property is known; events without one can't be told to carry the same."""
    held = log.cuts[-1]
    known = np.array([bool(word) for word in held.words], bool)
    rows = np.flatnonzero(known[held.codes]) if len(known) else np.zeros(0, np.int64)
    return log.take(rows), None if split is None else split[rows]


def _walked(question: Question, ready: _Ready) -> Passage:
    query, plan = cast(Funnel, question.query), ready.plan
    log, lane, owners, row = _lanes(ready, held=bool(query.hold))
    found = instants(lane, log.time, log.bits, plan.steps)
    begun = _entries(question, found, log, (owners, ready.keys))
    tried = _tried(query, found, begun, (plan, log.bits))
    if plan.exclusions:
        tried = tried.take(~voided(found, tried, plan))
    mine = found.who[tried.start]
    words = ready.members.words if ready.members else ()
    return Passage(
        log,
        found,
        plan,
        ready.keys,
        tried,
        owners[mine],
        None if row is None else row[mine],
        ready.members,
        words,
        query.order == "unordered",
    )


def _tried(query: Funnel, found: Instants, begun: Starts, by: tuple[Plan, Ints]) -> Attempts:
    plan, bits = by
    if query.order == "ordered":
        return ordered(found, begun, plan)
    if query.order == "strict":
        return strict(found, begun, plan)
    try:
        return unordered(found, begun, plan, bits)
    except TooTangled as error:
        raise InvalidQuery(str(error)) from None


def _lanes(ready: _Ready, *, held: bool) -> tuple[Log, Ints, Ints, Ints | None]:
    """Events sorted into lanes: a person, or a person with one value. The log, each event's lane, each lane's person and slice."""
    log, split = ready.log, ready.split
    values = [split] if split is not None else []
    values += [log.cuts[-1].codes] if held else []
    if not values:
        return log, log.who, np.arange(len(ready.keys)), None
    sorting = np.lexsort((*reversed(values), log.who))
    first = begins(log.who[sorting], *(value[sorting] for value in values))
    lane = run_of(first, len(log))
    head = sorting[first]
    return log.take(sorting), lane, log.who[head], None if split is None else split[head]


def _entries(question: Question, found: Instants, log: Log, people: tuple[Ints, Ints]) -> Starts:
    """The events that start attempts."""
    query, count = cast(Funnel, question.query), len(cast(Funnel, question.query).steps)
    owners, keys = people
    begun = starts(found, log.bits, (1 << count) - 1 if query.order == "unordered" else 1, count)
    if query.entry == "every":
        return begun
    whose = replace(found, who=owners[found.who])
    ever = _first_ever(question, keys) if query.entry == "first_ever" else None
    return first_only(whose, begun, ever)


def _first_ever(question: Question, keys: Ints) -> tuple[Ints, Ints]:
    """When each did the first step for the first time in all history, by number."""
    query = cast(Funnel, question.query)
    who, entering = UNIT_COLUMNS[query.per], query.steps if query.order == "unordered" else query.steps[:1]
    meant = sa.or_(*(matched(events, step, question.scan()) for step in entering))
    people = any(name.startswith(PERSON) for name in leaf_names(question, entering))
    bounds = event_bounds(question, history=True)
    select = sa.select(who.label("who"), sa.func.min(events.c.ts).label("ts")).select_from(event_rows(people))
    frame = question.read(select.where(who.is_not(None), meant, *bounds).group_by(who))
    at, when = frame["who"].to_numpy(np.int64, na_value=0), frame["ts"].to_numpy().view("int64")
    sorting = np.argsort(at)
    at, when = at[sorting], when[sorting]
    inside = np.isin(at, keys)
    return np.searchsorted(keys, at[inside]), when[inside]
