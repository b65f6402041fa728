"""Events gathered by user and instant, so that ties can be decided: an instant fills steps in any order, an event one step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from analytics.kernels.arrays import Flags, Ints, begins, run_of

EMPTY: tuple[tuple[int, int], ...] = ()
Content = tuple[tuple[int, int], ...]  # (step bits of an event, how many such events), sorted


@dataclass
class Contents:
    """What instants hold, each distinct content once, and which sets of steps it can fill."""

    known: list[Content] = field(default_factory=lambda: [EMPTY])
    ids: dict[Content, int] = field(default_factory=lambda: {EMPTY: 0})
    answers: dict[tuple[int, int], bool] = field(default_factory=dict)

    def add(self, content: Iterable[tuple[int, int]]) -> int:
        held = tuple(sorted((bits, n) for bits, n in content if n > 0))
        if held not in self.ids:
            self.ids[held] = len(self.known)
            self.known.append(held)
        return self.ids[held]

    def without(self, content: int, bits: int) -> int:
        """The content when one event with these bits is taken away."""
        left = Counter(dict(self.known[content]))
        left[bits] -= 1
        return self.add(left.items())

    def can_fill(self, content: Ints, steps: Ints) -> Flags:
        """For each row whether different events of the content can fill all steps of the set (a bit per step)."""
        if not len(content):
            return np.zeros(0, bool)
        pairs, back = np.unique(content.astype(np.int64) << 32 | steps, return_inverse=True)
        found = [self._fills(int(pair >> 32), int(pair & 0xFFFFFFFF)) for pair in pairs]
        return np.array(found, bool)[back]

    def _fills(self, content: int, steps: int) -> bool:
        if (content, steps) not in self.answers:
            events = [bits for bits, n in self.known[content] for _ in range(min(n, steps.bit_count()))]
            self.answers[content, steps] = fills(events, steps)
        return self.answers[content, steps]


def fills(events: list[int], steps: int) -> bool:
    """Whether every step of the set can have an event of its own (augmenting paths)."""
    taken: dict[int, int] = {}

    def place(step: int, tried: set[int]) -> bool:
        for i, bits in enumerate(events):
            if bits >> step & 1 and i not in tried:
                tried.add(i)
                if i not in taken or place(taken[i], tried):
                    taken[i] = step
                    return True
        return False

    return all(place(step, set()) for step in range(steps.bit_length()) if steps >> step & 1)


@dataclass(frozen=True)
class Instants:
    """One entry per user and instant, in order. `first`: its first event; `of`: the instant of each event;
    `bits`: the bits of all its events together; `content`: its entry in `contents` (0 where a single event is all)."""

    first: Ints
    size: Ints
    who: Ints
    time: Ints
    bits: Ints
    of: Ints
    content: Ints
    contents: Contents

    def __len__(self) -> int:
        return len(self.first)

    def having(self, bit: int) -> Ints:
        """Instants with an event of that bit."""
        return np.flatnonzero(self.bits >> bit & 1)


def instants(who: Ints, time: Ints, bits: Ints, steps: int) -> Instants:
    """Gather events sorted by (who, time); the lowest `steps` bits are steps."""
    first = begins(who, time)
    size = np.diff(first, append=len(who))
    contents = Contents()
    content = np.zeros(len(first), np.int64)
    united = bits[first] if len(first) == len(who) else np.bitwise_or.reduceat(bits, first)
    found = Instants(first, size, who[first], time[first], united, run_of(first, len(who)), content, contents)
    tied = np.flatnonzero(size > 1)
    if len(tied):
        content[tied] = _contents_of(found, tied, bits & ((1 << steps) - 1))
    return found


def _contents_of(found: Instants, tied: Ints, bits: Ints) -> Ints:
    """The content of each tied instant: how many events of each kind it holds, no more than could ever be used."""
    inside = np.flatnonzero(found.size[found.of] > 1)
    place = np.searchsorted(tied, found.of[inside])
    kinds, kind = np.unique(bits[inside], return_inverse=True)
    counts = np.zeros((len(tied), len(kinds)), np.int64)
    np.add.at(counts, (place, kind), 1)
    rows, back = np.unique(np.minimum(counts, 32), axis=0, return_inverse=True)
    ids = [found.contents.add((int(k), int(n)) for k, n in zip(kinds, row, strict=True)) for row in rows]
    return np.array(ids, np.int64)[back.reshape(-1)]
