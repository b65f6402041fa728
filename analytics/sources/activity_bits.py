"""The days users were active, in memory: blocks of `rollup_activity`, each read again only when a write touched its days.

A grid of users over any events is then a few passes over arrays, and on a live warehouse only the current block is read anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from analytics.question import Question
from data_access import versions
from data_access.schema import rollup_activity
from data_access.warehouse import Warehouse

BLOCK_DAYS = 60
EPOCH = date(1970, 1, 1)
MAX_BYTES = 256_000_000
Bits = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Days:
    """`users` in ascending order, each once, and the days of a block on which they were active: bit i is the day `block` * 60 + i."""

    users: npt.NDArray[np.int32] | Bits
    bits: Bits


class _Block:
    def __init__(self, version: object, days: Days) -> None:
        self.version = version
        self.days = days

    @cached_property
    def by_user(self) -> Bits:
        return _dense(self.days)

    @property
    def size(self) -> int:
        return int(self.days.users.nbytes + self.days.bits.nbytes + self.days.bits.nbytes * 2)


def _dense(days: Days) -> Bits:
    bits = np.zeros(int(days.users[-1]) + 1 if len(days.users) else 0, np.int64)
    bits[days.users] = days.bits
    return bits


_kept: WeakKeyDictionary[Warehouse, OrderedDict[tuple[int, int], _Block]] = WeakKeyDictionary()
_lock = threading.Lock()


def span(question: Question) -> tuple[int, int] | None:
    """The first and last block of the tenant, None where nobody was ever active."""
    r = rollup_activity.c
    found = question.warehouse.read(sa.select(sa.func.min(r.block), sa.func.max(r.block)).where(r.tenant == question.tenant.key)).iloc[0]
    return None if found.isna().any() else (int(found.iloc[0]), int(found.iloc[1]))


def block(question: Question, number: int) -> Bits:
    """The block's bits by user key; users beyond its end were not active in it."""
    return _block(question, number).by_user


def days(question: Question, number: int) -> Days:
    """Those who were active in the block."""
    return _block(question, number).days


def _block(question: Question, number: int) -> _Block:
    day = EPOCH + timedelta(days=number * BLOCK_DAYS)
    version = versions.latest(question.warehouse, question.tenant.key, ("events",), day, day + timedelta(days=BLOCK_DAYS))
    key = (question.tenant.key, number)
    with _lock:
        mine = _kept.setdefault(question.warehouse, OrderedDict())
        if (found := mine.get(key)) and found.version == version:
            mine.move_to_end(key)
            return found
    made = _Block(version, _read(question, number))
    with _lock:
        mine[key] = made
        while len(mine) > 1 and sum(kept.size for kept in mine.values()) > MAX_BYTES:
            mine.popitem(last=False)
    return made


def _read(question: Question, number: int) -> Days:
    r = rollup_activity.c
    rows = question.warehouse.read(sa.select(r.user_key, r.bits).where(r.tenant == question.tenant.key, r.block == number))
    users, bits = rows["user_key"].to_numpy(np.int64), rows["bits"].to_numpy(np.int64)
    if (users[1:] < users[:-1]).any():
        order = np.argsort(users, kind="stable")
        users, bits = users[order], bits[order]
    return Days(users.astype(np.int32) if len(users) and users[-1] < 2**31 else users, bits)


def in_buckets(bits: Bits, masks: list[tuple[int, int]]) -> Bits:
    """Bit k is set where `bits` hold a day of the k-th mask: looked up sixteen days at a time, however many masks there are."""
    chunks = np.ascontiguousarray(bits).view(np.uint16).reshape(-1, 4)
    found = np.zeros(len(bits), np.int64)
    for part in range(4):
        table = _table([(k, mask >> 16 * part & 0xFFFF) for k, mask in masks])
        if table is not None:
            found |= table.take(chunks[:, part])
    return found


def _table(masks: list[tuple[int, int]]) -> Bits | None:
    """For each sixteen days which masks they meet; None where the masks hold none of these days."""
    if not any(mask for _, mask in masks):
        return None
    table = np.zeros(1, np.int64)
    for bit in range(16):
        met = sum(1 << k for k, mask in masks if mask >> bit & 1)
        table = np.concatenate([table, table | np.int64(met)])
    return table


def add(total: Bits, found: Days, masks: list[tuple[int, int]]) -> Bits:
    """`total`, by user key, with bit k set for the users active on a day of the k-th mask; longer where the block knows more users."""
    if not len(found.users):
        return total
    most = int(found.users[-1]) + 1
    if most > len(total):
        total = np.concatenate([total, np.zeros(most - len(total), np.int64)])
    if masks:
        total[found.users] |= in_buckets(found.bits, masks)
    return total


def counted(masks: Bits) -> tuple[Bits, Bits]:
    """The distinct masks and how many users have each; for many buckets the masks themselves, one user each."""
    most = int(masks.max(initial=0))
    if most < 1 << 16:
        count = np.bincount(masks, minlength=1)
        found = np.flatnonzero(count)
        return found, count[found]
    active = masks[masks != 0]
    return active, np.ones(len(active), np.int64)
