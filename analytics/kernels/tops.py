"""Whole paths: which sequences of items sessions walked, how often, how long, and how many of them came to a goal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Floats, Ints, begins, numbered, run_of
from analytics.kernels.trails import Trails


@dataclass(frozen=True)
class Tops:
    """One entry per different sequence, most walked first, ties by their items: its `items`, how many sessions walked exactly it,
    the mean microseconds from its first to its last item, and how many of these sessions have the goal."""

    items: tuple[tuple[int, ...], ...]
    count: Ints
    mean: Floats
    reached: Ints


def walked(found: Trails, size: int) -> Ints:
    """For each session, in order, a number that sessions of the same sequence share. `size`: how many items there are."""
    first = begins(found.session)
    length = np.diff(first, append=len(found))
    code = np.zeros(len(first), np.int64)
    for at in range(int(length.max(initial=0))):
        there = length > at
        item = np.full(len(first), size, np.int64)
        item[there] = found.item[first[there] + at]
        code = numbered(code * (size + 1) + item)[1]
    return code


def tops(found: Trails, size: int, reached: Ints, *, limit: int) -> Tops:
    """The `limit` most walked sequences. `reached`: sessions (as `Trails.session` numbers them) that have the goal."""
    first = begins(found.session)
    last = np.append(first[1:], len(found)) - 1 if len(first) else first
    groups, back = numbered(walked(found, size))
    count = np.bincount(back, minlength=len(groups))
    took = np.bincount(back, found.time[last] - found.time[first], minlength=len(groups)) / np.maximum(count, 1)
    came = np.bincount(back, np.isin(found.session[first], reached), minlength=len(groups)).astype(np.int64)
    example = np.zeros(len(groups), np.int64)
    example[back] = np.arange(len(first))
    some = np.argsort(-count, kind="stable")
    some = some[count[some] >= (count[some[min(limit, len(some)) - 1]] if len(some) else 0)]
    items = {int(g): tuple(int(i) for i in found.item[first[example[g]] : last[example[g]] + 1]) for g in some}
    kept = sorted((int(g) for g in some), key=lambda g: (-int(count[g]), items[g]))[:limit]
    chosen = np.array(kept, np.int64)
    return Tops(tuple(items[g] for g in kept), count[chosen], took[chosen], came[chosen])


def taken(found: Trails, items: tuple[int, ...]) -> Ints:
    """Who walked exactly this sequence, once per session: user keys in ascending order."""
    first = begins(found.session)
    same = np.diff(first, append=len(found)) == len(items)
    for at, item in enumerate(items):
        rows = np.minimum(first + at, max(len(found) - 1, 0))
        same &= found.item[rows] == item
    return found.who[first[same]]


def holding(found: Trails, item: int) -> Ints:
    """Sessions in which the item occurs."""
    first = begins(found.session)
    return np.unique(found.session[first][run_of(first, len(found))[found.item == item]]) if len(first) else found.session[:0]
