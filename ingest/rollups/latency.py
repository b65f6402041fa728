"""rollup_latency: log-bucket histograms of API requests, page loads and AI generations, by hour."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

from analytics.sources.latency import Measured, bucket_of, hour_of
from data_access.schema import rollup_latency
from data_access.warehouse import Transaction
from ingest.rollups import addition
from ingest.rollups.part import Part, replace_rows

ARRIVED = "arrived_rows"


def recompute(tx: Transaction, part: Part, measured: Measured) -> None:
    """The days of `part` for one kind of measured row."""
    raw = measured.table
    rows = _counted(part, measured, raw, part.of(raw)).order_by("day", "hour")
    replace_rows(tx, rollup_latency, [*part.of(rollup_latency), rollup_latency.c.source == measured.name], rows)


def add(tx: Transaction, part: Part, measured: Measured, rows: pa.Table) -> None:
    """Rows just written, with all columns of their table. Buckets are the engine's own arithmetic, so that they are those of a rebuild."""
    needed = [
        name for name in ("tenant", "ts", "day", measured.label, "name", "status", measured.latency.name) if name in rows.column_names
    ]
    rows = rows.select(list(dict.fromkeys(needed))).filter(pc.is_valid(rows[str(measured.latency.name)]))
    if not rows.num_rows:
        return
    staged = tx.stage(ARRIVED, addition.decoded(rows))
    delta = tx.arrow(_counted(part, measured, staged, [])).drop_columns(["tenant"])
    addition.add(tx, rollup_latency, part.tenant.key, delta, sums=("requests",))


def _counted(part: Part, measured: Measured, rows: sa.FromClause, where: list[sa.ColumnElement[bool]]) -> sa.Select[Any]:
    """`rows` are those of the measured table, or others with its columns."""
    keys = (
        rows.c.tenant,
        rows.c.day,
        hour_of(rows.c.ts, part.tenant.time_zone).label("hour"),
        sa.literal(measured.name, sa.Text).label("source"),
        rows.c[measured.label].label("name"),
        sa.case((measured.failed, "error"), else_="ok").label("status"),
        bucket_of(measured.latency).label("bucket"),
    )
    read = _over(sa.select(*keys).where(*where, *measured.where), measured.table, rows)
    timed = read.subquery("timed")
    return sa.select(*timed.c, sa.func.count().label("requests")).group_by(*timed.c)


def _over(read: sa.Select[Any], table: sa.Table, rows: sa.FromClause) -> Any:
    """The same with the columns of `rows` where it names those of `table`."""

    def column(element: Any, **_: Any) -> Any:
        return rows.c[element.name] if isinstance(element, sa.Column) and element.table is table else None

    return read if rows is table else replacement_traverse(read, {}, column)
