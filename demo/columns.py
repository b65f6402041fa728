"""numpy arrays as Arrow columns of the warehouse's types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def coded(codes: npt.NDArray[Any], words: Sequence[str]) -> pa.Array:
    """A dictionary column: codes are positions in `words`, a negative code is NULL."""
    width = np.int8 if len(words) < 128 else np.int16 if len(words) < 32768 else np.int32
    narrow: npt.NDArray[np.integer] = codes.astype(width)
    empty = narrow < 0
    indices = pa.array(narrow, mask=empty) if empty.any() else pa.array(narrow)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(words), pa.string()))


def one(word: str | None, size: int) -> pa.Array:
    """The same word on every row."""
    return coded(np.full(size, -1 if word is None else 0, dtype=np.int8), [word or ""])


def lookup(values: Sequence[str | None]) -> tuple[npt.NDArray[np.int16], list[str]]:
    """Codes into the distinct words of `values`; None is -1."""
    words = list(dict.fromkeys(value for value in values if value is not None))
    return np.array([-1 if value is None else words.index(value) for value in values], dtype=np.int16), words


def instants(ts: npt.NDArray[np.int64]) -> pa.Array:
    """Microseconds since 1970 as timestamps; negative is NULL."""
    empty = ts < 0
    stamps = np.ascontiguousarray(ts).view("datetime64[us]")
    return pa.array(stamps, mask=empty) if empty.any() else pa.array(stamps)


def dates(days: npt.NDArray[np.int32]) -> pa.Array:
    """Days since 1970 as dates; negative is NULL."""
    return pa.array(days.astype("datetime64[D]"), pa.date32(), mask=days < 0)


def whole(values: npt.NDArray[np.integer]) -> pa.Array:
    """Integers; the smallest int64 (see NOTHING) is NULL."""
    wide = values.astype(np.int64)
    empty = wide == NOTHING
    return pa.array(wide, mask=empty) if empty.any() else pa.array(wide)


NOTHING = np.iinfo(np.int64).min


def keys(codes: npt.NDArray[np.integer]) -> pa.Array:
    """Positions (from 0) as dense keys (from 1); a negative position is NULL."""
    return pa.array(codes.astype(np.int64) + 1, mask=codes < 0)


def numbered(prefix: str, numbers: npt.NDArray[np.integer]) -> pa.Array:
    """`prefix` and a number, as text; a negative number is NULL."""
    digits = pc.cast(pa.array(numbers.astype(np.int64), mask=numbers < 0), pa.string())
    return pc.binary_join_element_wise(pa.scalar(prefix), digits, "")


def joined(*parts: pa.Array | str, by: str = "") -> pa.Array:
    """Text columns and words joined row by row."""
    plain = [pc.cast(part, pa.string()) if isinstance(part, pa.Array) else pa.scalar(part) for part in parts]
    return pc.binary_join_element_wise(*plain, by)
