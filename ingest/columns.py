"""Arrow columns of a batch: cleaned of what no engine can keep, added and replaced by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def put(rows: pa.Table, name: str, values: Any) -> pa.Table:
    """`rows` with the column `name`, added or replaced."""
    at = rows.schema.get_field_index(name)
    return rows.append_column(name, values) if at < 0 else rows.set_column(at, name, values)


def constant(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, kind), count)


def cleaned(rows: pa.Table) -> pa.Table:
    """Without NUL characters (PostgreSQL cannot store them) and with NaN and infinities as NULL (they would
    poison every sum)."""
    for name in rows.column_names:
        column = rows[name]
        clean = _clean(column)
        if clean is not column:
            rows = put(rows, name, clean)
    return rows


def _clean(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type):
        words = [chunk.dictionary for chunk in column.chunks]
        return column.cast(pa.string()) if any(_has_nul(word) for word in words) else column
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return pc.replace_substring(column, "\0", "") if _has_nul(column) else column
    if pa.types.is_floating(column.type):
        finite = pc.is_finite(column)
        return column if pc.all(finite).as_py() is not False else pc.if_else(finite, column, pa.scalar(None, column.type))
    return column


def _has_nul(column: Any) -> bool:
    return bool(pc.any(pc.match_substring(column, "\0")).as_py())


def numbers(column: pa.ChunkedArray) -> tuple[Whole, Flags]:
    """(values, present) of a whole-number column; absent values read 0."""
    whole = column.cast(pa.int64())
    present = pc.is_valid(whole).to_numpy(zero_copy_only=False) if isinstance(whole, pa.Array) else whole.is_valid().to_numpy()
    return pc.fill_null(whole, 0).to_numpy(), present


def instants(column: pa.ChunkedArray) -> Whole:
    """Microseconds since 1970 of a column of instants without gaps."""
    return column.cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()


def whole_array(values: Whole, present: Flags | None = None) -> pa.Array:
    """Whole numbers, NULL where not `present`."""
    return pa.array(values, pa.int64(), mask=None if present is None else ~present)
