"""Trails of items: sessions split at gaps, repeats collapsed, cut to a start or an end, and the steps from one item to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.kernels.arrays import Flags, Floats, Ints, begins, numbered, run_of


@dataclass(frozen=True)
class Trails:
    """Items of sessions in order: row i is item `item[i]` of session `session[i]`, its `step` counted from 1."""

    who: Ints
    time: Ints
    item: Ints
    session: Ints
    step: Ints

    def __len__(self) -> int:
        return len(self.item)

    def take(self, flags: Flags) -> Trails:
        rows = np.flatnonzero(flags)
        return Trails(self.who[rows], self.time[rows], self.item[rows], self.session[rows], self.step[rows])


@dataclass(frozen=True)
class Edges:
    """One entry per step number and pair of items: how many trails took it, and the mean microseconds it took."""

    step: Ints
    source: Ints
    target: Ints
    count: Ints
    mean: Floats


def sessions(who: Ints, time: Ints, item: Ints, gap: int, *, collapse: bool = False) -> Trails:
    """Rows sorted by (who, time, seq) into sessions: a gap of `gap` microseconds or more starts one.

    With `collapse` of consecutive equal items only the last stays.
    """
    new = np.ones(len(who), bool)
    new[1:] = (who[1:] != who[:-1]) | (time[1:] - time[:-1] >= gap)
    found = Trails(who, time, item, np.cumsum(new, dtype=np.int32), item)
    if collapse:
        last = np.ones(len(who), bool)
        last[:-1] = new[1:] | (item[1:] != item[:-1])
        found = found.take(last)
    return _numbered(found)


def together(parts: Sequence[Trails]) -> Trails:
    """Trails of disjoint users as one."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("who", "time", "item", "step")}
    sizes = np.array([int(part.session[-1]) if len(part) else 0 for part in parts], np.int64)
    before = np.cumsum(sizes) - sizes
    return Trails(session=np.concatenate([part.session + n for part, n in zip(parts, before, strict=True)]), **columns)


def collapsed(found: Trails) -> Trails:
    """Of consecutive equal items only the last."""
    last = np.ones(len(found), bool)
    last[:-1] = (found.session[1:] != found.session[:-1]) | (found.item[1:] != found.item[:-1])
    return _numbered(found.take(last))


def _numbered(found: Trails) -> Trails:
    first = begins(found.session)
    place = np.arange(len(found)) - np.repeat(first, np.diff(first, append=len(found))) if len(found) else found.step
    return Trails(found.who, found.time, found.item, found.session, place + 1)


def starting(found: Trails, item: int) -> Trails:
    """From the first such item of each session on; sessions without it are left out."""
    return _numbered(found.take(found.step >= _first_step(found, item)))


def ending(found: Trails, item: int) -> Trails:
    """Up to the first such item of each session; sessions without it are left out."""
    step = _first_step(found, item)
    return found.take((found.step <= step) & (step < _NOWHERE))


_NOWHERE = np.iinfo(np.int64).max


def _first_step(found: Trails, item: int) -> Ints:
    """For each row the step of its session's first such item."""
    first = begins(found.session)
    if not len(first):
        return found.step
    place = np.minimum.reduceat(np.where(found.item == item, found.step, _NOWHERE), first)
    return place[run_of(first, len(found))]


def opening(found: Trails, steps: int) -> Trails:
    """The first steps of each session."""
    return found.take(found.step <= steps)


def closing(found: Trails, steps: int) -> Trails:
    """The last steps of each session, numbered so that the last one is `steps`."""
    first = begins(found.session)
    length = np.diff(first, append=len(found))
    step = found.step + steps - np.repeat(length, length)
    return Trails(found.who, found.time, found.item, found.session, step).take(step > 0)


def moves(found: Trails) -> Ints:
    """Rows after which the same session goes on."""
    return np.flatnonzero(found.session[1:] == found.session[:-1])


@dataclass(frozen=True)
class Tally:
    """What trails add up to: every step from item to item (`moves`: how often, and microseconds in all), every step with an item
    (`stays`: how many trails came there, and how many ended), and how many trails there are. Keys hold step and items."""

    items: int
    moves: tuple[Ints, Ints, Ints]
    stays: tuple[Ints, Ints, Ints]
    trails: int

    def edges(self) -> Edges:
        """Every step taken, with how often and how long."""
        pairs, count, took = self.moves
        size = self.items
        return Edges(pairs // size // size, pairs // size % size, pairs % size, count, took / np.maximum(count, 1))


def tally(found: Trails, items: int) -> Tally:
    """The sums of one part."""
    rows = moves(found)
    step, item = found.step.astype(np.int64), found.item
    stay = step * items + item
    pairs, back = numbered(stay[rows] * items + item[rows + 1])
    took = np.bincount(back, found.time[rows + 1] - found.time[rows], minlength=len(pairs))
    places, at = numbered(stay)
    came = np.bincount(at, minlength=len(places))
    return Tally(
        items,
        (pairs, np.bincount(back, minlength=len(pairs)), took),
        (places, came, came - np.bincount(at[rows], minlength=len(places))),
        len(begins(found.session)),
    )


def summed(parts: Sequence[Tally]) -> Tally:
    """The sums of all parts."""
    moved, stayed = (_added([getattr(part, name) for part in parts]) for name in ("moves", "stays"))
    keys, came, ended = stayed
    whole = moved[0], moved[1].astype(np.int64), moved[2]
    return Tally(parts[0].items, whole, (keys, came.astype(np.int64), ended.astype(np.int64)), sum(part.trails for part in parts))


def _added(parts: Sequence[tuple[Ints, Ints, Any]]) -> tuple[Ints, Any, Any]:
    keys, back = np.unique(np.concatenate([part[0] for part in parts]), return_inverse=True)
    one, other = (np.bincount(back, np.concatenate([part[i] for part in parts]), minlength=len(keys)) for i in (1, 2))
    return keys, one, other


def edges(found: Trails, items: int) -> Edges:
    """Every step taken, with how often and how long."""
    return tally(found, items).edges()
