"""Which slices of a breakdown the people of a funnel belong to, part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.event_log import Log
from analytics.kernels.arrays import Ints, begins, run_of
from analytics.kernels.attribution import Members, Words, combined, ranked, regrouped, seen, touched
from analytics.kinds.funnel_query import Funnel
from analytics.lists.people import Spoken
from analytics.log_parts import on_all_processors
from analytics.where import PERSON


@dataclass(frozen=True)
class Belonging:
    """Who of one part is in which slice, by their places in it; of each slice how many enter."""

    members: Members
    entering: Ints


def personal(query: Funnel) -> bool:
    """Whether slices are only about what people are like, so that nothing need be read with the events."""
    return query.per == "user" and query.attribution in ("first", "last") and all(name.startswith(PERSON) for name in query.by)


def belonging(query: Funnel, said: Sequence[Spoken]) -> Callable[[Log], Belonging]:
    """Of a log, who belongs where; `said`: what users are like, where that is all the slices are about."""
    every = (1 << len(query.steps)) - 1
    first = every if query.order == "unordered" else 1

    def found(log: Log) -> Belonging:
        begun = begins(log.who)
        done = np.bitwise_or.reduceat(log.bits, begun) if len(begun) else log.bits
        members = _personal(log.who[begun], done & every, said) if said else _seen(query, log, run_of(begun, len(log)), (every, first))
        entered = done & first != 0
        count = np.bincount(members.rows[entered[members.who]], minlength=len(members.words))
        return Belonging(members, count)

    return found


def _personal(keys: Ints, done: Ints, said: Sequence[Spoken]) -> Members:
    """Those of the users who did any step, by what they are like."""
    someone = np.flatnonzero(done)
    slices = combined([(table.of(keys[someone]).astype(np.int64), words) for table, words in said])
    return Members(someone, slices.rows, slices.words)


def _seen(query: Funnel, log: Log, who: Ints, about: tuple[int, int]) -> Members:
    every, first = about
    slices = combined([(cut.codes, cut.words) for cut in log.cuts[: len(query.by)]])
    if query.attribution in ("first", "last"):
        return touched(who, slices, log.bits & every != 0, last=query.attribution == "last")
    at = 1 << query.attribution_step if query.attribution == "step" else first
    return seen(who, slices, log.bits & at != 0)


def limited(found: Sequence[Belonging], limit: int) -> tuple[list[Members], tuple[Words, ...]]:
    """Everybody in the `limit` slices that most people enter, the rest as one; and the slices."""
    known: dict[Words, int] = {}
    places = [np.array([known.setdefault(words, len(known)) for words in one.members.words], np.int64) for one in found]
    count = np.zeros(len(known), np.int64)
    for one, place in zip(found, places, strict=True):
        count[place] += one.entering
    new, words = ranked(count, tuple(known), limit)
    members = [Members(one.members.who, _moved(place, one.members.rows), tuple(known)) for one, place in zip(found, places, strict=True)]
    return on_all_processors(lambda one: regrouped(one, new, words), members), words


def _moved(place: Ints, rows: Ints) -> Ints:
    return place[rows] if len(place) else rows
