"""Latencies as a log-bucket histogram: `rollup_latency`, or the same buckets made from raw rows.

Bucket b holds the latencies in [1.01^b, 1.01^(b+1)) milliseconds and answers with its geometric middle, so a quantile
is within 0.5 % of the one of the raw values (nearest rank: the smallest value with at least that share at or below it).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from analytics.compile import bucket, conditions
from analytics.dimensions import column
from analytics.metric import Scan, Source
from analytics.period import Grain
from analytics.sources.events import EVENT_DIMENSIONS, PAGE_VIEW
from data_access.functions import local_time
from data_access.schema import ai_generations, api_requests, events, rollup_latency

GROWTH = 1.01
FASTEST_MS = 0.001  # anything faster, zero included, shares the lowest bucket
QUANTILES = {"p50": 0.50, "p75": 0.75, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Measured:
    """What is timed: `table`'s `latency` where it is known, named by its column `label`; `failed` marks errors."""

    name: str
    table: sa.Table
    latency: sa.ColumnElement[Any]
    label: str
    dimension: str  # the dimension that `label` is in rollup_latency.name
    failed: sa.ColumnElement[bool]
    dimensions: frozenset[str]
    only: sa.ColumnElement[bool] | None = None

    @property
    def where(self) -> list[sa.ColumnElement[bool]]:
        return [self.latency.is_not(None), *([self.only] if self.only is not None else [])]


_PERSON = frozenset({"plan", "kind", "country", "channel", "user", "weekday", "hour_of_day"})
API = Measured(
    "api", api_requests, api_requests.c.latency_ms, "endpoint", "endpoint", sa.func.coalesce(api_requests.c.status >= 500, sa.false()),
    _PERSON | {"endpoint", "status", "method", "service", "region"},
)  # fmt: skip
PAGE = Measured("page", events, events.c.duration_ms, "page", "page", sa.false(), EVENT_DIMENSIONS, events.c.name == PAGE_VIEW)
AI = Measured(
    "ai", ai_generations, ai_generations.c.latency_ms, "model", "model", sa.func.coalesce(ai_generations.c.status == "error", sa.false()),
    _PERSON | {"model", "provider", "status", "prompt_template", "prompt_version"},
)  # fmt: skip
MEASURED = (API, PAGE, AI)


def bucket_of(latency: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """The log bucket of a latency in milliseconds."""
    return sa.cast(sa.func.floor(sa.func.ln(sa.func.greatest(latency, FASTEST_MS)) / sa.func.ln(GROWTH)), sa.BigInteger)


def hour_of(ts: sa.ColumnElement[Any], zone: str) -> sa.ColumnElement[Any]:
    """The instant at which the zone's wall-clock hour of `ts` began.

    TRICKY: not the UTC hour, which straddles two local ones where the offset is not whole hours (Kolkata, Adelaide).
    """
    local = local_time(ts, zone)
    return sa.type_coerce(ts - (local - sa.func.date_trunc(sa.literal_column("'hour'"), local)), sa.DateTime())


def raw(measured: Measured) -> sa.Subquery:
    """The measured rows with their `bucket_ms` and one request each."""
    rows = sa.select(measured.table, bucket_of(measured.latency).label("bucket_ms"), sa.literal(1).label("requests"))
    return rows.where(*measured.where).subquery("timed")


def prepared(measured: Measured) -> sa.Subquery:
    """The same from the rollup; `ts` is the start of the hour."""
    r = rollup_latency.c
    named = (r.name.label(measured.label), r.hour.label("ts"), r.bucket.label("bucket_ms"))
    return sa.select(r.tenant, r.day, r.requests, *named).where(r.source == measured.name).subquery("timed")


def quantiles(measured: Measured, source: Callable[[], Source], scan: Scan) -> sa.Subquery:
    """One row per bucket and slice with the columns p50, p75, p95, p99 in milliseconds."""
    rows = prepared(measured) if _in_rollup(measured, scan) else raw(measured)
    named = {d.name: sa.func.coalesce(sa.cast(column(rows, d, scan), sa.Text), "") for d in scan.by}
    keys = ({"bucket": bucket(source(), rows, scan)} if scan.grain else {}) | named
    counted = (
        sa.select(*(key.label(name) for name, key in keys.items()), rows.c.bucket_ms, sa.func.sum(rows.c.requests).label("n"))
        .where(*conditions(source(), rows, scan))
        .group_by(*keys.values(), rows.c.bucket_ms)
        .subquery("counted")
    )
    return _ranked(counted, list(keys))


def _in_rollup(measured: Measured, scan: Scan) -> bool:
    names = {d.name for d in scan.by} | {f.dimension for f in scan.filters}
    return names <= {measured.dimension, "weekday", "hour_of_day"} and not scan.period.cut


def _ranked(counted: sa.Subquery, keys: list[str]) -> sa.Subquery:
    slices = [counted.c[name] for name in keys]
    within: dict[str, Any] = {"partition_by": slices} if slices else {}
    below = sa.func.sum(counted.c.n).over(order_by=counted.c.bucket_ms, **within).label("below")
    ranked = sa.select(*slices, counted.c.bucket_ms, below, sa.func.sum(counted.c.n).over(**within).label("total")).subquery("ranked")
    middle = sa.func.power(GROWTH, ranked.c.bucket_ms + 0.5)
    values = [sa.func.min(sa.case((ranked.c.below >= share * ranked.c.total, middle))).label(name) for name, share in QUANTILES.items()]
    kept = [ranked.c[name] for name in keys]
    # Without slices an empty table would answer one row of NULLs, which reads the same as no row.
    return sa.select(*kept, *values).group_by(*kept).subquery("latency")


def _source(measured: Measured) -> Source:
    def build(scan: Scan) -> sa.FromClause:
        return quantiles(measured, lambda: source, scan)

    source = Source(f"latency_{measured.name}", (measured.table.name,), build, measured.dimensions, confined=True)
    return source


API_LATENCY, PAGE_LATENCY, AI_LATENCY = (_source(measured) for measured in MEASURED)


def quantile(name: str) -> Callable[[sa.FromClause], sa.ColumnElement[Any]]:
    """The expression of one quantile over the rows of a latency source."""
    return partial(_read_quantile, name)


def _read_quantile(name: str, rows: sa.FromClause) -> sa.ColumnElement[Any]:
    return sa.func.max(rows.c[name])


__all__ = ["AI_LATENCY", "API_LATENCY", "MEASURED", "PAGE_LATENCY", "Grain", "Measured", "bucket_of", "hour_of", "quantile"]
