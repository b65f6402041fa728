"""What everybody's best attempts add up to, per slice and step, summed part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.kernels.arrays import Floats, Ints, begins
from analytics.kernels.attempts import NEVER, Plan
from analytics.kernels.attribution import Members
from analytics.kinds.funnel_walk import Walk
from analytics.log_parts import on_all_processors


@dataclass(frozen=True)
class Sums:
    """Arrays are steps × slices. `entered` people, of whom `through` to the end in `seconds` (mean, median)."""

    people: Floats
    mean: Floats
    median: Floats
    entered: int
    through: int
    seconds: tuple[float, float] | None


@dataclass(frozen=True)
class _Part:
    people: Floats
    times: list[tuple[Ints, Floats, Floats]]  # per step: the slice, mean and median seconds of each who has them
    entered: int
    took: Floats


def sums(walks: Sequence[Walk], members: Sequence[Members] | None, plan: Plan, rows: int) -> Sums:
    """`rows`: how many slices there are; without `members` everybody is in the only one."""
    among: Sequence[Members | None] = members if members is not None else [None] * len(walks)
    parts = on_all_processors(lambda pair: _part(pair[0], pair[1], plan, rows), list(zip(walks, among, strict=True)))
    times = on_all_processors(lambda k: _averages([part.times[k] for part in parts], rows), range(plan.steps))
    took = np.concatenate([part.took for part in parts])
    return Sums(
        np.sum([part.people for part in parts], axis=0),
        np.array([mean for mean, _ in times]),
        np.array([median for _, median in times]),
        sum(part.entered for part in parts),
        len(took),
        (float(took.mean()), float(np.median(took))) if len(took) else None,
    )


def _part(walk: Walk, among: Members | None, plan: Plan, rows: int) -> _Part:
    best = walk.best
    index, row = np.arange(len(best)), np.zeros(len(best), np.int64)
    if among is not None:
        place = np.searchsorted(best.who, among.who)
        there = np.flatnonzero(best.who.take(place, mode="clip") == among.who) if len(best) else place[:0]
        index, row = place[there], among.rows[there]
    people, times = np.zeros((plan.steps, rows)), []
    for k in range(plan.steps):
        people[k] = np.bincount(row[best.at[k][index] != NEVER], minlength=rows)
        mean = best.mean[k][index]
        timed = np.flatnonzero(~np.isnan(mean))
        times.append((row[timed], mean[timed], best.median[k][index[timed]]))
    last = best.at[plan.required[-1]]
    done = np.flatnonzero(last != NEVER)
    took = (walk.time[last[done]] - walk.time[best.at[0][done]]) / 1e6
    return _Part(people, times, len(best), took)


def _averages(parts: Sequence[tuple[Ints, Floats, Floats]], rows: int) -> tuple[Floats, Floats]:
    """Mean and median per slice, NaN where nobody has a time."""
    row, mean, median = (np.concatenate([part[i] for part in parts]) for i in range(3))
    means, medians = np.full(rows, np.nan), np.full(rows, np.nan)
    if not len(row):
        return means, medians
    size = np.bincount(row, minlength=rows)
    np.divide(np.bincount(row, mean, minlength=rows), size, out=means, where=size > 0)
    if rows > 1:
        sorting = np.argsort(row.astype(np.min_scalar_type(rows)), kind="stable")
        row, median = row[sorting], median[sorting]
    first = begins(row)
    for low, high in zip(first, np.append(first[1:], len(row)), strict=True):
        medians[row[low]] = np.median(median[low:high])
    return means, medians
