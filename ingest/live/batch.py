"""Rows of many requests as Arrow tables, in the types of the warehouse's tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from data_access.dialects.columns import arrow_type
from ingest.live.parcel import Parcel, Row
from ingest.wire.rows import TABLES

_OWN = {"id": pa.string(), "user_id": pa.string(), "account_id": pa.string()}


def merged(parcels: Iterable[Parcel]) -> dict[str, list[Row]]:
    """The rows of several parcels by table, in order of arrival."""
    tables: dict[str, list[Row]] = {}
    for parcel in parcels:
        for name, rows in parcel.rows.items():
            tables.setdefault(name, []).extend(rows)
    return tables


def arrow(name: str, rows: list[Row]) -> pa.Table:
    """Columns that any of the rows has; NULL where a row has it not."""
    columns = sorted(set().union(*rows))
    return pa.table({column: _column(name, column, [row.get(column) for row in rows]) for column in columns})


def _column(table: str, name: str, values: list[Any]) -> pa.Array:
    kind = _OWN.get(name) or arrow_type(TABLES[table].c[name])
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    return pa.array(values, kind)
