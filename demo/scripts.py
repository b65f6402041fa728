"""What people do in a visit: the moments there are, and the scripts that string them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

MAX_EVENTS = 30  # in one visit
SLOTS = 1024  # of a script's body, to draw from


@dataclass(frozen=True)
class Moment:
    """One thing that can happen: an event with the page it happens on. `properties` are JSON texts, one is drawn."""

    name: str
    category: str
    page: str
    path: str
    action: str | None = None
    label: str | None = None
    properties: tuple[str, ...] = ()
    loads: float = 0.0  # median milliseconds, 0 where nothing is waited for


@dataclass(frozen=True)
class Script:
    """A visit: `opening` in this order, then on average `more` moments drawn from `body` ("word:weight word:weight")."""

    opening: str
    more: float
    body: str


def view(page: str, path: str, loads: float = 850.0) -> Moment:
    """A page being opened."""
    return Moment("page_view", "navigation", page, path, "view", None, (), loads)


def given(key: str, *values: int | str) -> tuple[str, ...]:
    """One JSON object per value; a value listed twice is twice as likely."""
    return tuple(f'{{"{key}":{value}}}' if isinstance(value, int) else f'{{"{key}":"{value}"}}' for value in values)


@dataclass(frozen=True)
class Library:
    """A company's moments and scripts by name, and the arrays to unroll them with. Codes are positions."""

    moments: Mapping[str, Moment]
    scripts: Mapping[str, Script]

    def code(self, script: str) -> int:
        return list(self.scripts).index(script)

    def moment(self, word: str) -> int:
        return list(self.moments).index(word)

    @cached_property
    def opening(self) -> npt.NDArray[np.int16]:
        """opening[script, place]: the moments every visit begins with."""
        rows = [[self.moment(word) for word in script.opening.split()] for script in self.scripts.values()]
        return np.array([row + [0] * (max(map(len, rows)) - len(row)) for row in rows], dtype=np.int16)

    @cached_property
    def opening_length(self) -> npt.NDArray[np.int64]:
        return np.array([len(script.opening.split()) for script in self.scripts.values()])

    @cached_property
    def more(self) -> npt.NDArray[np.float64]:
        return np.array([script.more for script in self.scripts.values()])

    @cached_property
    def body(self) -> npt.NDArray[np.int16]:
        """body[script, slot]: what else may happen, each moment with as many slots as its weight."""
        return np.stack([self._slots(script.body) for script in self.scripts.values()])

    def _slots(self, body: str) -> npt.NDArray[np.int16]:
        pairs = [part.split(":") for part in body.split()]
        weight = np.array([float(share) for _, share in pairs])
        edges = np.round(np.cumsum(weight / weight.sum()) * SLOTS)
        return np.array([self.moment(word) for word, _ in pairs], dtype=np.int16)[np.searchsorted(edges, np.arange(SLOTS), side="right")]
