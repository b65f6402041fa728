"""Arrow to pandas with the same column types on every engine."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

MICROSECONDS = pa.timestamp("us")


def plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in one of the few types the product uses: int64, float64, bool, string, timestamp[us]."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type))
    if pa.types.is_decimal(kind) or (pa.types.is_floating(kind) and kind != pa.float64()):
        return column.cast(pa.float64())
    if pa.types.is_integer(kind):
        return column.cast(pa.float64() if column.null_count or kind == pa.uint64() else pa.int64(), safe=False)
    if pa.types.is_date(kind):
        return column.cast(pa.date32()).cast(pa.timestamp("s")).cast(MICROSECONDS)
    if pa.types.is_timestamp(kind):
        return pc.cast(column, MICROSECONDS, safe=False) if kind.tz is None else column.cast(pa.timestamp("us", "UTC")).cast(MICROSECONDS)
    return column


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Whole numbers become int64 (float64 where any is missing), sums and decimals float64, text str, days and
    instants datetime64[us] without zone, flags bool (object where any is missing)."""
    columns = [plain(column) for column in table.columns]
    return pa.table(columns, names=_distinct(table.column_names)).to_pandas()


def _distinct(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return result
