"""A file of posting lists: written whole, never changed, mapped into memory by readers.

    b"VIGIELST"  length and crc32 of the header (uint32 each)  header (JSON)  arrays, each at a multiple of 64 bytes

Rows are sorted by (name, user, time, seq). A user's key is `range << RANGE_BITS | user_low`; each list has an index of the
ranges it holds. `time` is microseconds after `low`, as `high` (upper 32 bits) and `low16`, or as one int64 where they span too much.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analytics.kernels.arrays import Ints

MAGIC = b"VIGIELST"
FORMAT = 1
RANGE_BITS = 14
RANGE = 1 << RANGE_BITS
WIDE = 1 << 48  # microseconds that `high` and `low16` can span
Arrays = Mapping[str, Ints]


class BadFile(ValueError):
    """No such file, or not one that was written to its end."""


@dataclass(frozen=True)
class Rows:
    """Decoded rows of one list, sorted by (user, time, seq): `at` is where they lie in the file."""

    at: slice
    user: Ints
    time: Ints


@dataclass(frozen=True)
class Posting:
    """One list of a file: rows [start, end), and the row at which each range of users begins."""

    start: int
    end: int
    ranges: Ints
    starts: Ints

    def within(self, first: int, last: int) -> tuple[int, int]:
        """Which of its ranges lie in [first, last)."""
        low, high = np.searchsorted(self.ranges, (first, last))
        return int(low), int(high)

    def bounds(self, low: int, high: int) -> slice:
        """The rows of its ranges low..high (places, high excluded)."""
        return slice(int(self.starts[low]), int(self.starts[high]) if high < len(self.starts) else self.end)

    def sizes(self) -> Ints:
        """How many rows each range has."""
        return np.diff(self.starts.astype(np.int64), append=self.end)


class ListFile:
    """An open file. Arrays are views into the mapping; the mapping lives as long as they do."""

    def __init__(self, path: Path) -> None:
        header, start, whole = _opened(path)
        self.path = path
        self.low, self.high, self.after = int(header["low"]), int(header["high"]), int(header["after"])
        self.vague: dict[str, bool] = header["vague"]
        self._arrays = {name: whole[start + at : start + at + size].view(kind) for name, (kind, at, size) in header["arrays"].items()}
        self.lists = {name: self._posting(*place) for name, place in header["lists"].items()}

    def _posting(self, start: int, end: int, first: int, last: int) -> Posting:
        return Posting(start, end, self._arrays["ranges"][first:last], self._arrays["starts"][first:last])

    def __getitem__(self, name: str) -> Ints:
        return self._arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def __len__(self) -> int:
        return len(self._arrays["user_low"])

    def rows(self, of: Posting, first: int, last: int) -> Rows | None:
        """The rows of users in the ranges [first, last) of keys' upper bits, None where there are none."""
        low, high = of.within(first, last)
        if low == high:
            return None
        at = of.bounds(low, high)
        sizes: Ints = np.diff(of.starts[low:high].astype(np.int64), append=at.stop)
        user = np.repeat(of.ranges[low:high].astype(np.int64) << RANGE_BITS, sizes)
        user += self._arrays["user_low"][at]
        return Rows(at, user, self.times(at))

    def times(self, at: slice) -> Ints:
        """Microseconds since 1970."""
        if "time" in self._arrays:
            return self._arrays["time"][at] + self.low
        found = self._arrays["high"][at].astype(np.int64)
        found <<= 16
        found += self._arrays["low16"][at]
        found += self.low
        return found

    def keys(self) -> Ints:
        """The distinct ranges of users that the file has rows of."""
        return np.unique(self._arrays["ranges"])


def _opened(path: Path) -> tuple[dict[str, Any], int, Ints]:
    try:
        whole = np.memmap(path, np.uint8, "r")
        fixed = bytes(whole[:16])
        length, check = np.frombuffer(fixed[8:], np.uint32)
        text = bytes(whole[16 : 16 + int(length)])
        if fixed[:8] != MAGIC or zlib.crc32(text) != int(check):
            raise BadFile(f"{path.name} is not a file of event lists")
        header: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadFile(f"{path.name}: {error}") from error
    start = _rounded(16 + int(length))
    if header["format"] != FORMAT or len(whole) != start + header["size"]:
        raise BadFile(f"{path.name} is torn, or of another format")
    return header, start, whole.view(np.ndarray)


def _rounded(size: int) -> int:
    return -(-size // 64) * 64


def write(path: Path, header: Mapping[str, Any], arrays: Arrays) -> None:
    """Write the file so that it is there whole or not at all, whatever happens to the machine."""
    places, size = {}, 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, size, array.nbytes)
        size += _rounded(array.nbytes)
    text = json.dumps({**header, "format": FORMAT, "arrays": places, "size": size}).encode()
    making = path.with_suffix(".making")
    with making.open("wb") as file:
        file.write(MAGIC + np.array([len(text), zlib.crc32(text)], np.uint32).tobytes() + text)
        file.write(bytes(_rounded(16 + len(text)) - 16 - len(text)))
        for block in _padded(arrays):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    making.rename(path)
    _keep(path.parent)


def _padded(arrays: Arrays) -> Iterator[Any]:
    for array in arrays.values():
        yield np.ascontiguousarray(array).data if array.nbytes else b""
        yield bytes(_rounded(array.nbytes) - array.nbytes)


def _keep(folder: Path) -> None:
    """Make a rename in the folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
