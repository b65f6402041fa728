"""Unordered funnels: an attempt starts at any step's event and counts how many steps the window holds, an event for each.

Only the first few events of each kind after the start can count: as many as the kind has steps. Kinds that share no step
are counted; kinds that overlap are decided by a small automaton over the sets of events that can fill steps together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Ints, distinct
from analytics.kernels.attempts import NEVER, Attempts, Plan, Starts
from analytics.kernels.instants import Instants, fills

CHUNK = 200_000
MAX_STATES = 20_000


class TooTangled(ValueError):
    """The steps overlap in too many ways to count."""


@dataclass(frozen=True)
class _Kind:
    """Events that match the same steps."""

    bits: int
    rows: Ints  # their places in the log

    @property
    def capacity(self) -> int:
        return self.bits.bit_count()


def unordered(found: Instants, begun: Starts, plan: Plan, bits: Ints) -> Attempts:
    """`at[n]` is the instant at which n + 1 steps were done."""
    kinds = _kinds(bits & ((1 << plan.steps) - 1))
    tangled = sum(kind.bits for kind in kinds) != _united(kinds)
    automaton = _Automaton([kind.bits for kind in kinds]) if tangled else None
    at = np.full((plan.steps, len(begun.instant)), NEVER, np.int64)
    for low in range(0, len(begun.instant), CHUNK):
        part = slice(low, low + CHUNK)
        rows, kind = _candidates(found, begun.instant[part], kinds, plan)
        done = _counted(rows, plan.steps) if automaton is None else automaton.run(rows, kind, (plan.steps, len(bits)))
        at[: len(done), part] = np.where(done < len(bits), found.of[np.minimum(done, len(bits) - 1)], NEVER)
    return Attempts(at, begun.weight)


def _united(kinds: list[_Kind]) -> int:
    union = 0
    for kind in kinds:
        union |= kind.bits
    return union


def _kinds(bits: Ints) -> list[_Kind]:
    return [_Kind(int(kind), np.flatnonzero(bits == kind)) for kind in distinct(bits[bits > 0])]


def _candidates(found: Instants, instant: Ints, kinds: list[_Kind], plan: Plan) -> tuple[Ints, Ints]:
    """Per attempt (columns) the events that may count, in order of time; len(log) where there is none. And their kinds."""
    latest = found.time[instant] + plan.window
    none, lines, which = len(found.of), [], []
    for number, kind in enumerate(kinds):
        place = np.searchsorted(kind.rows, found.first[instant])
        for n in range(kind.capacity):
            row = kind.rows[np.minimum(place + n, len(kind.rows) - 1)]
            at = found.of[row]
            good = (place + n < len(kind.rows)) & (found.who[at] == found.who[instant]) & (found.time[at] <= latest)
            lines.append(np.where(good, row, none))
            which.append(number)
    rows = np.stack(lines)
    sorting = np.argsort(rows, axis=0)
    return np.take_along_axis(rows, sorting, axis=0), np.array(which)[sorting]


def _counted(rows: Ints, steps: int) -> Ints:
    return rows[:steps]


class _Automaton:
    """States are the events accepted so far, by kind; an event is accepted when all accepted can fill different steps."""

    def __init__(self, kinds: list[int]) -> None:
        start = (0,) * len(kinds)
        self.ids, self.table, self.rank = {start: 0}, [], [0]
        waiting = [start]
        for state in waiting:
            line = [self._next(state, kind, kinds, waiting) for kind in range(len(kinds))]
            self.table.append(line)

    def _next(self, state: tuple[int, ...], kind: int, kinds: list[int], waiting: list[tuple[int, ...]]) -> int:
        more = tuple(n + (i == kind) for i, n in enumerate(state))
        if not _independent(more, kinds):
            return self.ids[state]
        if more not in self.ids:
            if len(self.ids) >= MAX_STATES:
                raise TooTangled("these steps overlap in too many ways for an unordered funnel: use fewer steps, or steps that differ")
            self.ids[more] = len(self.ids)
            self.rank.append(sum(more))
            waiting.append(more)
        return self.ids[more]

    def run(self, rows: Ints, kind: Ints, size: tuple[int, int]) -> Ints:
        """For each attempt the events at which the number of steps done rises. `size`: how many steps, and events in the log."""
        steps, none = size
        done = np.full((steps, rows.shape[1]), none, np.int64)
        state = np.zeros(rows.shape[1], np.int64)
        table, rank = np.array(self.table), np.array(self.rank)
        for line, kinds in zip(rows, kind, strict=True):
            ahead = np.where(line < none, table[state, kinds], state)
            rises = np.flatnonzero(ahead != state)
            done[rank[state[rises]], rises] = line[rises]
            state = ahead
        return done


def _independent(counts: tuple[int, ...], kinds: list[int]) -> bool:
    """Whether these events, as steps to be filled by steps, can all have a step of their own."""
    events = [bits for bits, n in zip(kinds, counts, strict=True) for _ in range(n)]
    steps = max((bits.bit_length() for bits in events), default=0)
    turned = [sum(1 << i for i, bits in enumerate(events) if bits >> step & 1) for step in range(steps)]
    return fills(turned, (1 << len(events)) - 1)
