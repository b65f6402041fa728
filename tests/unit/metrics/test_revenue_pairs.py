"""The kernel behind a retention grid, against counting one user at a time."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.kernels.pairs import CHUNK, pairs
from analytics.sources.activity_bits import Days, add, counted, in_buckets


def counted_by_hand(joins, returns, n, buckets):
    sizes, values = np.zeros(buckets), np.zeros((buckets, buckets))
    for join, back, users in zip(joins.tolist(), returns.tolist(), n.tolist(), strict=True):
        for i in range(buckets):
            sizes[i] += users * (join >> i & 1)
            for k in range(i, buckets):
                values[i, k] += users * (join >> i & 1) * (back >> k & 1)
    return sizes, values


@pytest.mark.parametrize("buckets", [1, 7, 40, 62])
@pytest.mark.parametrize("weighted", [False, True])
def test_pairs_are_what_counting_gives(buckets: int, weighted: bool) -> None:
    rng = np.random.default_rng(buckets)
    joins, returns = (rng.integers(0, 1 << buckets, 90) for _ in range(2))
    n = rng.integers(1, 9, 90) if weighted else np.ones(90, np.int64)
    for got, expected in zip(pairs(joins, returns, n, buckets), counted_by_hand(joins, returns, n, buckets), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_more_rows_than_a_chunk_and_none_at_all() -> None:
    rows = np.full(CHUNK + 5, 0b11)
    sizes, values = pairs(rows, rows, np.full(CHUNK + 5, 2), 2)
    assert (sizes.tolist(), values[0, 1]) == ([2 * (CHUNK + 5)] * 2, 2 * (CHUNK + 5))
    assert pairs(rows[:0], rows[:0], rows[:0], 3)[0].tolist() == [0, 0, 0]


def test_blocks_of_different_lengths_add_up() -> None:
    total = add(np.zeros(0, np.int64), Days(np.arange(2), np.array([0b01, 0b10])), [(0, 0b01), (1, 0b10)])
    total = add(total, Days(np.array([2]), np.array([0b1])), [(1, 0b1)])
    total = add(total, Days(np.array([4]), np.array([0b1])), [])
    assert total.tolist() == [0b01, 0b10, 0b10, 0, 0]  # user 0 in bucket 0; user 1 in 1; user 2 in 1; nobody else


def test_days_are_put_into_buckets_as_one_by_one() -> None:
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 1 << 60, 200) & rng.integers(0, 1 << 60, 200) & rng.integers(0, 1 << 60, 200)
    masks = [
        (k, int(mask)) for k, mask in enumerate(rng.integers(0, 1 << 60, 40) & rng.integers(0, 1 << 60, 40) & rng.integers(0, 1 << 60, 40))
    ]
    expected = [sum(1 << k for k, mask in masks if int(word) & mask) for word in bits]
    assert in_buckets(bits, [*masks, (40, -1)]).tolist() == [e | (1 << 40 if word else 0) for e, word in zip(expected, bits, strict=True)]


def test_many_buckets_are_told_user_by_user() -> None:
    few, many = np.array([1, 1, 2]), np.array([1 << 20, 0, 1 << 20])
    assert [part.tolist() for part in counted(few)] == [[1, 2], [2, 1]]
    assert [part.tolist() for part in counted(many)] == [[1 << 20] * 2, [1, 1]]
