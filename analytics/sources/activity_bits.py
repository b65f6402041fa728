"""The days users were active, in memory: blocks of `rollup_activity`, each read again only when a write touched its days.

A grid of users over any events is then a few passes over arrays, and on a live warehouse only the current block is read anew.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, timedelta
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
class _Block:
    version: object
    bits: Bits  # by user key: bit i is the day `block` * 60 + i


_kept: WeakKeyDictionary[Warehouse, OrderedDict[tuple[int, int], _Block]] = WeakKeyDictionary()
_lock = threading.Lock()


def span(question: Question) -> tuple[int, int] | None:
    """The first and last block of the tenant, None where nobody was ever active."""
    r = rollup_activity.c
    found = question.warehouse.read(sa.select(sa.func.min(r.block), sa.func.max(r.block)).where(r.tenant == question.tenant.key)).iloc[0]
    return None if found.isna().any() else (int(found.iloc[0]), int(found.iloc[1]))


def block(question: Question, number: int) -> Bits:
    """The block's bits by user key; users beyond its end were not active in it."""
    day = EPOCH + timedelta(days=number * BLOCK_DAYS)
    version = versions.latest(question.warehouse, question.tenant.key, ("events",), day, day + timedelta(days=BLOCK_DAYS))
    key = (question.tenant.key, number)
    with _lock:
        mine = _kept.setdefault(question.warehouse, OrderedDict())
        if (found := mine.get(key)) and found.version == version:
            mine.move_to_end(key)
            return found.bits
    bits = _read(question, number)
    with _lock:
        mine[key] = _Block(version, bits)
        while len(mine) > 1 and sum(kept.bits.nbytes for kept in mine.values()) > MAX_BYTES:
            mine.popitem(last=False)
    return bits


def _read(question: Question, number: int) -> Bits:
    r = rollup_activity.c
    rows = question.warehouse.read(sa.select(r.user_key, r.bits).where(r.tenant == question.tenant.key, r.block == number))
    users = rows["user_key"].to_numpy(np.int64)
    bits = np.zeros(int(users.max()) + 1 if len(users) else 0, np.int64)
    bits[users] = rows["bits"].to_numpy(np.int64)
    return bits


def add(total: Bits, bits: Bits, masks: list[tuple[int, int]]) -> Bits:
    """`total` with bit k set for the users active on a day of the k-th mask; longer where the block knows more users."""
    if len(bits) > len(total):
        total = np.concatenate([total, np.zeros(len(bits) - len(total), np.int64)])
    part = total[: len(bits)]
    for k, mask in masks:
        part |= ((bits & mask) != 0).astype(np.int64) << k
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
