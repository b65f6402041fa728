"""Adding to stored sums: the rows of a rollup that a batch adds to, found by key and moved; the rest is for the caller to append."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access.warehouse import Transaction
from ingest.columns import constant, put

POSITION = "position"


def add(tx: Transaction, table: sa.Table, tenant: int, delta: pa.Table, *, sums: Sequence[str]) -> None:
    """Add the rows of `delta` (the table's columns but `tenant`, one row per key) to the table: `sums` are added, the rest is the key."""
    append(tx, table, tenant, merge(tx, table, tenant, delta, sums=sums))


def append(tx: Transaction, table: sa.Table, tenant: int, rows: pa.Table) -> None:
    if rows.num_rows:
        tx.append(table.name, put(rows, "tenant", constant(tenant, pa.int32(), rows.num_rows)))


def merge(tx: Transaction, table: sa.Table, tenant: int, delta: pa.Table, *, sums: Sequence[str], bits: bool = False) -> pa.Table:
    """Add to the stored rows that have the key of a row of `delta`; the rows of `delta` that found none, which are not written.

    With `bits`, the stored value and the added one are joined bit by bit instead of summed. What is missing on one side is nothing.
    """
    if not delta.num_rows:
        return delta
    staged = tx.stage("rollup_delta", put(delta, POSITION, pa.array(np.arange(delta.num_rows))))
    same = _same(table, staged, tenant, delta, sums=sums)
    found = tx.arrow(sa.select(staged.c[POSITION]).select_from(staged.join(table, same)))
    if not found.num_rows:
        return delta
    values = {name: _joined(table.c[name], staged.c[name], bits) for name in sums}
    tx.execute(sa.update(table).values(values).where(same))
    new = np.ones(delta.num_rows, bool)
    new[found.column(0).to_numpy()] = False
    return delta.filter(pa.array(new))


def decoded(rows: pa.Table) -> pa.Table:
    """Dictionary columns as the words they stand for."""
    for field in rows.schema:
        if pa.types.is_dictionary(field.type):
            rows = put(rows, field.name, rows[field.name].cast(field.type.value_type))
    return rows


def _joined(stored: sa.ColumnElement[Any], more: sa.ColumnElement[Any], bits: bool) -> sa.ColumnElement[Any]:
    return stored.op("|")(more) if bits else sa.func.coalesce(stored + more, stored, more)


def _same(table: sa.Table, staged: sa.TableClause, tenant: int, delta: pa.Table, *, sums: Sequence[str]) -> sa.ColumnElement[bool]:
    keys = [name for name in delta.column_names if name not in sums]
    parts: list[sa.ColumnElement[bool]] = [table.c.tenant == tenant]
    for name in ("day", "block"):
        if name in keys:
            # What engines skip by: the table is sorted by it.
            bounds = pc.min_max(delta[name]).as_py()
            parts.append(table.c[name].between(bounds["min"], bounds["max"]))
    for name in keys:
        parts += _equal(table.c[name], staged.c[name], nullable=bool(table.c[name].nullable))
    return sa.and_(*parts)


def _equal(stored: sa.ColumnElement[Any], mine: sa.ColumnElement[Any], *, nullable: bool) -> list[sa.ColumnElement[bool]]:
    """Equal or both missing, in a form that every engine can hash."""
    if not nullable:
        return [stored == mine]
    nothing = sa.literal_column("DATE '0001-01-01'", sa.Date()) if isinstance(stored.type, sa.Date) else sa.literal_column("''", sa.Text())
    return [sa.func.coalesce(stored, nothing) == sa.func.coalesce(mine, nothing), stored.is_(None) == mine.is_(None)]
