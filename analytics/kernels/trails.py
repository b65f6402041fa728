"""Trails of items: sessions split at gaps, repeats collapsed, cut to a start or an end, and the steps from one item to the next."""

from __future__ import annotations

from dataclasses import dataclass

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

    def take(self, rows: Flags) -> Trails:
        return Trails(self.who[rows], self.time[rows], self.item[rows], self.session[rows], self.step[rows])


@dataclass(frozen=True)
class Edges:
    """One entry per step number and pair of items: how many trails took it, and the mean microseconds it took."""

    step: Ints
    source: Ints
    target: Ints
    count: Ints
    mean: Floats


def sessions(who: Ints, time: Ints, item: Ints, gap: int) -> Trails:
    """Rows sorted by (who, time, seq) into sessions: a gap of `gap` microseconds or more starts one."""
    new = np.ones(len(who), bool)
    new[1:] = (who[1:] != who[:-1]) | (np.diff(time) >= gap)
    return _numbered(Trails(who, time, item, np.cumsum(new), np.zeros(len(who), np.int64)))


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


def edges(found: Trails, items: int) -> Edges:
    """Every step taken, with how often and how long."""
    rows = moves(found)
    source, target, step = found.item[rows], found.item[rows + 1], found.step[rows]
    key = (step * items + source) * items + target
    pairs, back = numbered(key)
    count = np.bincount(back, minlength=len(pairs))
    took = np.bincount(back, found.time[rows + 1] - found.time[rows], minlength=len(pairs))
    return Edges(pairs // items // items, pairs // items % items, pairs % items, count, took / np.maximum(count, 1))
