"""Events as rows of posting lists, sorted and packed into a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from analytics.kernels.arrays import Ints, begins, order
from analytics.lists.file import RANGE, RANGE_BITS, WIDE, write

SMALLEST = (np.uint8, np.uint16, np.uint32)


COLUMNS = ("name", "user", "time", "seq", "page", "visit", "value", "valued")


@dataclass(frozen=True)
class Entries:
    """Events with a user: parallel arrays. `name` is a place in `names`; `value` is meant where `valued`."""

    names: Sequence[str]
    name: Ints
    user: Ints
    time: Ints
    seq: Ints
    page: Ints
    visit: Ints
    value: Ints
    valued: Ints

    def __len__(self) -> int:
        return len(self.user)

    def take(self, rows: Ints) -> Entries:
        return Entries(self.names, **{column: getattr(self, column)[rows] for column in COLUMNS})


def in_lists(found: Entries) -> Entries:
    """Sorted by (name, user, time, seq)."""
    by_name = np.argsort(found.name.astype(np.min_scalar_type(len(found.names))), kind="stable")
    cuts = np.searchsorted(found.name[by_name], np.arange(len(found.names) + 1))
    parts = [by_name[low:high] for low, high in pairwise(cuts)]
    for i, rows in enumerate(parts):
        sorting = order(found.user[rows], found.time[rows], found.seq[rows])
        parts[i] = rows if sorting is None else rows[sorting]
    return found.take(np.concatenate(parts)) if parts else found


def packed(path: Path, found: Entries, void: Ints, *, after: int) -> tuple[int, int]:
    """Write entries, sorted by `in_lists`, to a file; its first and last instant.

    `void`: users whose rows in older files count no more. Events of other users are numbered above `after`.
    """
    low, high = (int(found.time.min()), int(found.time.max())) if len(found) else (0, 0)
    lists, ranges, starts = _index(found)
    arrays: dict[str, Ints] = {"ranges": ranges, "starts": starts, "user_low": (found.user & (RANGE - 1)).astype(np.uint16)}
    arrays |= _times(found.time - low, high - low)
    arrays |= {"page": _small(found.page), "visit": _small(found.visit)}
    arrays |= _sparse("value", found.value, found.valued) | _sparse("tie", found.seq, _tied(found)) | {"void": np.sort(void)}
    vague = {"page": bool((found.page == 0).any()), "visit": bool((found.visit == 0).any())}
    write(path, {"low": low, "high": high, "after": after, "vague": vague, "lists": lists}, arrays)
    return low, high


def _index(found: Entries) -> tuple[Mapping[str, tuple[int, int, int, int]], Ints, Ints]:
    """Where each list lies, and where each range of users begins in it."""
    ranges = found.user >> RANGE_BITS
    first = begins(found.name, ranges)
    which = found.name[first]
    lists = {}
    for number in np.unique(which):
        low, high = np.searchsorted(which, (number, number + 1))
        end = first[high] if high < len(first) else len(found)
        lists[found.names[int(number)]] = (int(first[low]), int(end), int(low), int(high))
    return lists, ranges[first], first.astype(np.uint32)


def _times(after: Ints, span: int) -> dict[str, Ints]:
    if span >= WIDE:
        return {"time": after}
    return {"high": (after >> 16).astype(np.uint32), "low16": (after & 0xFFFF).astype(np.uint16)}


def _small(codes: Ints) -> Ints:
    """Codes in as few bytes as hold them."""
    most = int(codes.max(initial=0))
    return codes.astype(next(kind for kind in SMALLEST if most <= np.iinfo(kind).max))


def _sparse(name: str, values: Ints, there: Ints) -> dict[str, Ints]:
    rows = np.flatnonzero(there)
    return {f"{name}_at": rows.astype(np.uint32), name: values[rows]}


def _tied(found: Entries) -> Ints:
    """Events that share their user and instant with another event of the file, of whatever name."""
    sorting = order(found.user, found.time)
    user, time = (found.user, found.time) if sorting is None else (found.user[sorting], found.time[sorting])
    same = (user[1:] == user[:-1]) & (time[1:] == time[:-1])
    tied = np.zeros(len(found), bool)
    tied[1:] |= same
    tied[:-1] |= same
    if sorting is None:
        return tied
    back = np.zeros(len(found), bool)
    back[sorting] = tied
    return back
