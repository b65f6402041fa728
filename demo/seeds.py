"""Randomness that repeats: one generator per scale, tenant and table, and ids that follow from them."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def generator(*names: str | int) -> np.random.Generator:
    """The same names give the same random numbers, on every machine."""
    return np.random.Generator(np.random.SFC64(zlib.crc32("/".join(map(str, names)).encode())))


def weighted(rng: np.random.Generator, weights: npt.ArrayLike, size: int) -> npt.NDArray[np.int64]:
    """`size` indices into `weights`, drawn in proportion, by a table of 65,536 slots (exact to 1/65536)."""
    shares = np.asarray(weights, dtype=float)
    edges = np.round(np.cumsum(shares / shares.sum()) * 65536).astype(int)
    table = np.searchsorted(edges, np.arange(65536), side="right")
    return table[rng.integers(0, 65536, size)]


def mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """splitmix64: neighbouring integers become unrelated ones, one to one."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def ids(salt: str, first: int, size: int) -> pa.Array:
    """UUIDs of the rows first … first + size of what `salt` names: the same on every run, never twice."""
    seed = np.uint64(zlib.crc32(salt.encode())) << np.uint64(32)
    rows = np.arange(first, first + size, dtype=np.uint64)
    pair = np.empty((size, 2), dtype=">u8")
    pair[:, 0] = (mixed(rows ^ seed) & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x8000)  # version 8: made by own rules
    pair[:, 1] = (seed & np.uint64(0x3FFFFFFF00000000)) | np.uint64(0x8000000000000000) | rows
    storage = pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), size, [None, pa.py_buffer(pair.tobytes())])
    return pa.ExtensionArray.from_storage(pa.uuid(), storage)
