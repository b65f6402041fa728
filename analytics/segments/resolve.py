"""From saved segments to their members on a day, each condition read once for as long as nothing under it changed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import sqlalchemy as sa

from analytics.members import Flags, Known, Members, flagged
from analytics.period import EARLIEST
from analytics.question import Question
from analytics.segment_names import named
from analytics.segments import saved
from analytics.segments.definition import Condition, Group, InSegment, leaves, mentions, tables
from analytics.segments.evaluate import Setting, condition, evaluate, everybody
from analytics.segments.saved import Segment
from data_access import versions
from data_access.schema import segment_members

MAX_BYTES = 200_000_000


class _Kept:
    """Sets of users under everything they depend on, the longest unused dropped first."""

    def __init__(self) -> None:
        self._held: OrderedDict[Hashable, Members] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
            self._size = 0

    def get(self, key: Hashable, make: Callable[[], Flags]) -> Members:
        with self._lock:
            if (found := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return found
        made = Members(make())
        with self._lock:
            if key not in self._held:
                self._held[key] = made
                self._size += made.flags.nbytes
            while self._size > MAX_BYTES and len(self._held) > 1:
                self._size -= self._held.popitem(last=False)[1].flags.nbytes
        return made


_kept = _Kept()


def forget() -> None:
    """Hold no sets of users: the next look makes them anew."""
    _kept.clear()


@dataclass(frozen=True)
class Looking:
    """One look at segments: through `question`, with the tenant's day `today` as the last that counts."""

    question: Question
    store: sa.Engine
    today: date


def today(question: Question) -> date:
    """The tenant's day on which the question is asked."""
    return question.now.astimezone(question.tenant.zone).date()


def known(looking: Looking, wanted: Iterable[str]) -> Known:
    """The members of saved segments, and of those they are made of. Raises NoSegment for one that the tenant does not have."""
    found: dict[str, Members] = {}
    for identity in wanted:
        _add(found, looking, identity)
    return found


def _add(found: dict[str, Members], looking: Looking, identity: str) -> None:
    if identity in found:
        return
    segment = saved.find(looking.store, looking.question.tenant.key, identity)
    if segment.frozen_at is not None:
        found[identity] = _frozen(looking, segment)
        return
    for other in mentions(segment.definition):
        _add(found, looking, other)
    found[identity] = members(looking, segment.definition, found)


def members(looking: Looking, definition: Group, mentioned: Known | None = None) -> Members:
    """Who meets the definition. `mentioned`: the members of the segments it names, where they are at hand."""
    setting = _setting(looking, known(looking, mentions(definition)) if mentioned is None else mentioned)
    keys = tuple(_key(leaf, looking, setting) for leaf in leaves(definition))
    return _kept.get(("tree", definition, keys), lambda: evaluate(definition, lambda leaf: _leaf(looking, leaf, setting).flags))


def conditions(looking: Looking, definition: Group) -> tuple[tuple[Condition, Members], ...]:
    """Who meets each condition of the definition by itself, in the order written."""
    setting = _setting(looking, known(looking, mentions(definition)))
    return tuple((leaf, _leaf(looking, leaf, setting)) for leaf in leaves(definition))


def all_users(looking: Looking) -> Members:
    """Everybody the tenant's warehouse knows."""
    key = ("everybody", looking.question.warehouse.serial, looking.question.tenant, _seen(looking, frozenset({"users"})))
    return _kept.get(key, lambda: everybody(looking.question))


def _setting(looking: Looking, held: Known) -> Setting:
    return Setting(replace(looking.question, segments=held), looking.today, all_users(looking).flags, held)


def _leaf(looking: Looking, leaf: Condition, setting: Setting) -> Members:
    return _kept.get(_key(leaf, looking, setting), lambda: condition(leaf, setting))


def _key(leaf: Condition, looking: Looking, setting: Setting) -> Hashable:
    """Everything that the condition's members depend on."""
    mentioned = (leaf.id,) if isinstance(leaf, InSegment) else named(leaf)
    world = (looking.question.warehouse.serial, looking.question.tenant, looking.today, _seen(looking, tables(leaf)))
    return leaf, world, all_users(looking).digest, tuple((one, setting.known[one].digest) for one in mentioned)


def _seen(looking: Looking, tables: frozenset[str]) -> Hashable:
    """The state of these tables up to the day."""
    day_after = looking.today + timedelta(days=1)
    return versions.latest(looking.question.warehouse, looking.question.tenant.key, sorted(tables), EARLIEST, day_after)


def _frozen(looking: Looking, segment: Segment) -> Members:
    return _kept.get((looking.question.warehouse.serial, segment.id, segment.frozen_version), lambda: _written(looking.question, segment))


def _written(question: Question, segment: Segment) -> Flags:
    m = segment_members.c
    mine = m.tenant == question.tenant.key, m.segment == segment.id, m.version == segment.frozen_version
    return flagged(question.read(sa.select(m.user_key).where(*mine))["user_key"].to_numpy(np.int64)).flags
