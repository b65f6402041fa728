"""How many users joined in one bucket and came back in another, from one bit per bucket and user."""

from __future__ import annotations

import numpy as np

from analytics.kernels.arrays import Floats, Ints

CHUNK = 65_536


def pairs(joins: Ints, returns: Ints, n: Ints, buckets: int) -> tuple[Floats, Floats]:
    """`sizes[i]`: users with bit i of `joins`; `values[i, k]`: of these, with bit k of `returns`, for k >= i.

    Row r stands for `n[r]` users; 0 <= buckets <= 62.
    """
    return _one_by_one(joins, returns, buckets) if (n == 1).all() else _weighted(joins, returns, n, buckets)


def _one_by_one(joins: Ints, returns: Ints, buckets: int) -> tuple[Floats, Floats]:
    """A row is a user: each bucket becomes a set of bits over users, and a pair is the size of an intersection."""
    joined = _sets(joins, buckets)
    back = joined if joins is returns else _sets(returns, buckets)
    sizes = np.array([np.bitwise_count(each).sum() for each in joined], np.float64)
    values = np.zeros((buckets, buckets))
    for i, k in zip(*np.triu_indices(buckets), strict=True):
        values[i, k] = np.bitwise_count(joined[i] & back[k]).sum()
    return sizes, values


def _sets(masks: Ints, buckets: int) -> list[np.ndarray[tuple[int], np.dtype[np.uint64]]]:
    padding = np.zeros(-(-len(masks) // 64) * 8, np.uint8)
    found = []
    for k in range(buckets):
        packed = padding.copy()
        some = np.packbits((masks & (1 << k)) != 0)
        packed[: len(some)] = some
        found.append(packed.view(np.uint64))
    return found


def _weighted(joins: Ints, returns: Ints, n: Ints, buckets: int) -> tuple[Floats, Floats]:
    sizes, values = np.zeros(buckets), np.zeros((buckets, buckets))
    for at in range(0, len(n), CHUNK):
        part = slice(at, at + CHUNK)
        joined = _bits(joins[part], buckets)
        values += joined.T @ (_bits(returns[part], buckets) * n[part, None])
        sizes += joined.T @ n[part]
    return sizes, np.triu(values)


def _bits(masks: Ints, buckets: int) -> Floats:
    return ((masks[:, None] >> np.arange(buckets)) & 1).astype(np.float64)


def sums(joins: Ints, who: Ints, done: tuple[Ints, Floats], *, buckets: int) -> Floats:
    """`values[i, k]`: the sum in bucket k over the users with bit i of `joins`, for k >= i.

    Entry r is what user `who[r]` (a place in `joins`) did: `done` is in which bucket, and how much.
    """
    (bucket, value), joined = done, joins[who]
    rows = [np.bincount(bucket, value * ((joined >> i) & 1), minlength=buckets) for i in range(buckets)]
    return np.triu(np.array(rows, np.float64))


def or_later(returns: Ints) -> Ints:
    """Bit k where any bit from k on is set."""
    found = returns.copy()
    for width in (1, 2, 4, 8, 16, 32):
        found |= found >> width
    return found


def lowest(masks: Ints) -> Ints:
    """Only the lowest bit that is set."""
    return masks & -masks
