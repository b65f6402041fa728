"""Amounts in the tenant's reporting currency, at the dated rate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from ingest.columns import Flags, numbers, put, whole_array
from ingest.movements.ledger import Rates

Amounts = npt.NDArray[np.float64]
SUFFIX = "_base_minor"


def amounts(table: sa.Table) -> list[str]:
    """The prefixes of a table's amounts: `value` of `value_minor` and `value_base_minor`."""
    return [name.removesuffix(SUFFIX) for name in table.c.keys() if name.endswith(SUFFIX)]  # noqa: SIM118 - not a dict


def missing_amounts(table: sa.Table, rows: pa.Table) -> list[str]:
    """Amounts that a batch gives without their worth in the reporting currency."""
    return [name for name in amounts(table) if f"{name}_minor" in rows.column_names and f"{name}{SUFFIX}" not in rows.column_names]


def with_base(rows: pa.Table, prefix: str, rates: Rates) -> pa.Table:
    """`rows` with `<prefix>_base_minor`: the amount itself in the reporting currency, converted at the rate of its
    `day` otherwise, NULL where no rate is known. Rounded half away from zero, so a refund mirrors its payment."""
    minor, present = numbers(rows[f"{prefix}_minor"])
    if "currency" not in rows.column_names:
        return put(rows, f"{prefix}{SUFFIX}", whole_array(minor, np.zeros(len(minor), dtype=bool)))
    worth = _worth(rows, rates)
    base = np.sign(minor) * np.floor(np.abs(minor) * np.nan_to_num(worth) + 0.5).astype(np.int64)
    exact = worth == 1.0  # TRICKY: beyond 2^53 a float would change the amount
    return put(rows, f"{prefix}{SUFFIX}", whole_array(np.where(exact, minor, base), present & ~np.isnan(worth)))


def _worth(rows: pa.Table, rates: Rates) -> Amounts:
    """What one minor unit of each row is worth; NaN where unknown."""
    codes = rows["currency"].combine_chunks()
    codes = codes if pa.types.is_dictionary(codes.type) else pc.dictionary_encode(codes)
    index = pc.fill_null(codes.indices, -1).to_numpy(zero_copy_only=False)
    days = rows["day"].cast(pa.int32()).to_numpy()
    worth = np.full(rows.num_rows, np.nan)
    for at, currency in enumerate(codes.dictionary.to_pylist()):
        mine = index == at
        worth[mine] = 1.0 if currency == rates.currency else _on(rates, currency, days[mine])
    return worth


def _on(rates: Rates, currency: str | None, days: npt.NDArray[np.int32]) -> Amounts:
    known, values = rates.dated.get(currency or "", (np.array([], "datetime64[D]"), np.array([])))
    place = np.searchsorted(known.astype(np.int64), days, side="right") - 1
    return np.append(values, np.nan)[place]  # before the first rate: place is -1, the NaN at the end


def monthly(rows: pa.Table) -> pa.Array:
    """MRR of subscription rows in minor units: a yearly amount / 12 rounded half up, a monthly one as it is; 0 unless
    the subscription is active or past due."""
    minor, present = numbers(rows["amount_minor"])
    paying = _among(rows["status"], "active", "past_due")
    month = np.where(_among(rows["interval"], "year"), (2 * minor + 12) // 24, minor)
    return whole_array(np.where(paying, month, 0), present | ~paying)


def _among(column: pa.ChunkedArray, *values: str) -> Flags:
    flags: Flags = pc.fill_null(pc.is_in(column.cast(pa.string()), pa.array(values)), False).to_numpy().astype(bool)
    return flags
