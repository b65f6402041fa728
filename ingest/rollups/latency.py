"""rollup_latency: log-bucket histograms of API requests, page loads and AI generations, by hour."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.sources.latency import Measured, bucket_of, hour_of
from data_access.schema import rollup_latency
from data_access.warehouse import Transaction
from ingest.rollups.part import Part, replace_rows


def recompute(tx: Transaction, part: Part, measured: Measured) -> None:
    """The days of `part` for one kind of measured row."""
    raw = measured.table
    keys = (
        raw.c.tenant,
        raw.c.day,
        hour_of(raw.c.ts, part.tenant.time_zone).label("hour"),
        sa.literal(measured.name, sa.Text).label("source"),
        raw.c[measured.label].label("name"),
        sa.case((measured.failed, "error"), else_="ok").label("status"),
        bucket_of(measured.latency).label("bucket"),
    )
    timed = sa.select(*keys).where(*part.of(raw), *measured.where).subquery("timed")
    rows = sa.select(*timed.c, sa.func.count().label("requests")).group_by(*timed.c).order_by(timed.c.day, timed.c.hour)
    replace_rows(tx, rollup_latency, [*part.of(rollup_latency), rollup_latency.c.source == measured.name], rows)
