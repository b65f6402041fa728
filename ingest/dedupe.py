"""Each (tenant, id) counts once: within a batch, across retries, across restarts.

PostgreSQL looks for existing ids in its unique index. The embedded engine looks on the batch's own days and
one day to either side: a retry carries the same instant, at most corrected by the sender's clock. So the cost
of a batch depends on its days and not on how much history there is, and no index slows the load.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access.warehouse import Transaction
from ingest.columns import Flags
from ingest.ids import id_bytes

MARGIN = timedelta(days=1)


def fresh(tx: Transaction, table: sa.Table, tenant: int, rows: pa.Table) -> pa.Table:
    """The rows (with `id` and `day`) that are not there yet; of rows with the same id the first."""
    first = _first_of_each(rows)
    if not first.all():
        rows = rows.filter(pa.array(first))
    known = _known(tx, table, tenant, rows)
    return rows.filter(pa.array(~known)) if known.any() else rows


def _first_of_each(rows: pa.Table) -> Flags:
    halves = id_bytes(rows["id"])
    # Different low halves mean different ids, and one sort of whole numbers is cheap.
    if len(np.unique(halves[:, 0])) == len(halves):
        return np.ones(len(halves), dtype=bool)
    return ~pd.DataFrame(halves).duplicated().to_numpy()


def _known(tx: Transaction, table: sa.Table, tenant: int, rows: pa.Table) -> Flags:
    known = np.zeros(rows.num_rows, dtype=bool)
    if not rows.num_rows:
        return known
    near = [table.c.tenant == tenant, *([] if tx.engine == "postgresql" else [_around(table, rows["day"])])]
    if not len(tx.read(sa.select(sa.literal(1)).select_from(table).where(*near).limit(1))):
        return known
    staged = tx.stage("incoming_ids", pa.table({"id": rows["id"], "position": pa.array(np.arange(rows.num_rows))}))
    found = tx.arrow(sa.select(staged.c.position).join_from(staged, table, table.c.id == staged.c.id).where(*near))
    known[found.column(0).to_numpy()] = True
    return known


def _around(table: sa.Table, days: pa.ChunkedArray) -> sa.ColumnElement[bool]:
    bounds = pc.min_max(days).as_py()
    return table.c.day.between(_moved(bounds["min"], -MARGIN), _moved(bounds["max"], MARGIN))


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return day
