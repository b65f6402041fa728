"""Which value of a breakdown a person belongs to: first or last seen, every value of one step, or one value for all steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Flags, Ints, begins, distinct, numbered, run_of

OTHER = "Other"
Words = tuple[str, ...]


@dataclass(frozen=True)
class Slices:
    """`rows[i]`: the slice of entry i, `words[row]` its values, one per dimension."""

    rows: Ints
    words: tuple[Words, ...]


@dataclass(frozen=True)
class Members:
    """Which person is in which slice; a person may be in several."""

    who: Ints
    rows: Ints
    words: tuple[Words, ...]


def combined(columns: Sequence[tuple[Ints, tuple[str, ...]]]) -> Slices:
    """Several columns of codes as one."""
    code = np.zeros(len(columns[0][0]), np.int64)
    for codes, words in columns:
        code = code * max(len(words), 1) + codes
    found, back = numbered(code)
    parts = []
    for _, words in reversed(columns):
        parts.append([words[int(c)] for c in found % max(len(words), 1)])
        found = found // max(len(words), 1)
    return Slices(back, tuple(zip(*reversed(parts), strict=True)))


def touched(who: Ints, slices: Slices, meant: Flags, *, last: bool) -> Members:
    """Each person with the first (or last) value that is not unknown on the events meant; rows sorted by (who, time, seq)."""
    known = np.array([any(words) for words in slices.words], bool)
    rows = np.flatnonzero(meant)
    first = begins(who[rows])
    person = run_of(first, len(rows))
    place = np.where(known[slices.rows[rows]], np.arange(len(rows)), -1)
    if last:
        chosen = np.maximum.reduceat(place, first) if len(first) else first
    else:
        far = np.where(place < 0, len(rows), place)
        chosen = np.minimum.reduceat(far, first) if len(first) else first
    # Nobody's value is known: any of the person's events stands for unknown.
    chosen = np.where((chosen >= 0) & (chosen < len(rows)), chosen, first)
    return Members(who[rows[first]], slices.rows[rows[chosen]], slices.words) if len(person) else Members(first, first, slices.words)


def seen(who: Ints, slices: Slices, meant: Flags) -> Members:
    """Each person with every value on the events meant."""
    rows = np.flatnonzero(meant)
    size = max(len(slices.words), 1)
    pairs = distinct(who[rows] * size + slices.rows[rows])
    return Members(pairs // size, pairs % size, slices.words)


def largest(found: Members, entered: Ints, limit: int) -> tuple[Ints, tuple[Words, ...]]:
    """The `limit` slices with most of the people who `entered`, the others as one: for each old row its new one, and their words."""
    inside = np.isin(found.who, entered)
    return ranked(np.bincount(found.rows[inside], minlength=len(found.words)), found.words, limit)


def ranked(count: Ints, words: tuple[Words, ...], limit: int) -> tuple[Ints, tuple[Words, ...]]:
    """The `limit` slices with most people, the others as one: for each old row its new one, and their words."""
    order = sorted(range(len(words)), key=lambda row: (-count[row], words[row]))
    kept = order[:limit]
    new = np.full(len(words), len(kept), np.int64)
    new[kept] = np.arange(len(kept))
    rest = [(OTHER,) * len(words[0])] if len(order) > limit else []
    return new, tuple([words[row] for row in kept] + rest)


def regrouped(found: Members, new: Ints, words: tuple[Words, ...]) -> Members:
    """The same people in the new slices, each once per slice."""
    if (found.who[1:] > found.who[:-1]).all():
        return Members(found.who, new[found.rows] if len(new) else found.rows, words)
    size = max(len(words), 1)
    pairs = distinct(found.who * size + new[found.rows])
    return Members(pairs // size, pairs % size, words)
