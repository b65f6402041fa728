"""Small steps on sorted arrays that every kernel takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]  # int64 or int32
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
WIDEST = 2**62


def order(who: Ints, time: Ints, seq: Ints | None = None) -> Ints | None:
    """The permutation that sorts by (who, time, seq), None where the rows are sorted already.

    Without `seq` rows of one instant stay in any order.
    """
    if len(who) < 2 or _sorted(who, time, seq):
        return None
    found = ranking(who, time)
    return found if seq is None else ties_by(seq, (who[found], time[found]), found)


def ranking(who: Ints, time: Ints) -> Ints:
    """The permutation that sorts by (who, time)."""
    if not len(who):
        return np.zeros(0, np.int64)
    low, high, first = int(who.min()), int(who.max()), int(time.min())
    span = int(time.max()) - first + 1
    if (high - low + 1) * span >= WIDEST:
        return np.lexsort((time, who))
    return np.argsort((who - low) * span + (time - first))


def _sorted(who: Ints, time: Ints, seq: Ints | None) -> bool:
    step = np.sign(np.diff(who))
    for column in (time,) if seq is None else (time, seq):
        if (step < 0).any():
            return False
        step = np.where(step == 0, np.sign(np.diff(column)), step)
    return not (step < 0).any()


def ties_by(seq: Ints, ranked: tuple[Ints, ...], found: Ints) -> Ints:
    """`found` sorts rows so that their keys become `ranked`; put rows of one key in the order of `seq`."""
    same = np.ones(max(len(found) - 1, 0), bool)
    for key in ranked:
        same &= key[1:] == key[:-1]
    if not same.any():
        return found
    tied = np.zeros(len(found), bool)
    tied[1:] |= same
    tied[:-1] |= same
    rows = found[tied]
    found[tied] = rows[np.lexsort((seq[rows], *(key[tied] for key in reversed(ranked))))]
    return found


def begins(*columns: Ints) -> Ints:
    """Where runs of equal values begin in arrays sorted by these columns."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    changed = np.zeros(len(columns[0]) - 1, bool)
    for column in columns:
        changed |= column[1:] != column[:-1]
    return np.concatenate([[0], np.flatnonzero(changed) + 1])


def run_of(first: Ints, length: int) -> Ints:
    """For each of `length` rows the number of its run."""
    return np.repeat(np.arange(len(first)), np.diff(first, append=length))


def distinct(values: Ints) -> Ints:
    """The values, each once, in order. (Sorting beats numpy's hash table on keys in the millions.)"""
    ranked = np.sort(values)
    return ranked[begins(ranked)]


def numbered(values: Ints) -> tuple[Ints, Ints]:
    """The distinct values in order, and the place of each value among them; linear where values are small numbers."""
    if not len(values) or values.min() < 0 or values.max() > 4 * len(values) + 1_000_000:
        found, back = np.unique(values, return_inverse=True)
        return found, back
    there = np.zeros(int(values.max()) + 1, bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]


def grouped_median(group: Ints, value: Ints, groups: int) -> Floats:
    """The median of `value` in each of `groups` groups, NaN where a group is empty."""
    result = np.full(groups, np.nan)
    if not len(value):
        return result
    ranked, held = _sorted_within(group, value)
    first = begins(ranked)
    size = np.diff(first, append=len(ranked))
    low, high = held[first + (size - 1) // 2], held[first + size // 2]
    result[ranked[first]] = (low + high) / 2
    return result


def _sorted_within(group: Ints, value: Ints) -> tuple[Ints, Ints]:
    low = int(value.min())
    span = int(value.max()) - low + 1
    if (int(group.max()) + 1) * span >= WIDEST:
        sorting = np.lexsort((value, group))
        return group[sorting], value[sorting]
    key = np.sort(group.astype(np.int64) * span + (value - low))
    return key // span, key % span + low
