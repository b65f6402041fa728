"""rollup_event_day, rollup_event_hour, rollup_page_day: events by day with their names, by hour, and by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from accounts.actor import Tenant
from analytics.sources.events import PAGE_VIEW
from analytics.sources.latency import hour_of
from data_access.schema import events, rollup_event_day, rollup_event_hour, rollup_page_day
from data_access.warehouse import Transaction
from ingest.columns import instants, put
from ingest.days import offsets_of
from ingest.rollups import addition
from ingest.rollups.part import Part, replace_rows

DIMENSIONS = ("country", "device", "channel", "plan", "kind")
HOUR = 3_600_000_000  # microseconds


@dataclass(frozen=True)
class Cube:
    """A table of sums of events by `keys`."""

    table: sa.Table
    keys: tuple[str, ...]
    sums: tuple[str, ...]


DAY = Cube(rollup_event_day, ("day", "name", "category", *DIMENSIONS), ("events", "value_base_minor", "duration_ms"))
HOURS = Cube(rollup_event_hour, ("day", "hour", *DIMENSIONS), ("events", "page_views"))
PAGES = Cube(rollup_page_day, ("day", "page", *DIMENSIONS), ("events", "page_views"))


def add(tx: Transaction, tenant: Tenant, rows: pa.Table) -> None:
    """Events just written, with all columns of the table."""
    seen = pc.fill_null(pc.equal(rows["name"], PAGE_VIEW), False).cast(pa.int64())
    rows = put(put(rows, "page_views", seen), "events", pa.repeat(1, rows.num_rows))
    rows = put(rows, "hour", _hours(rows["ts"], tenant.time_zone))
    for cube in (DAY, HOURS, PAGES):
        named = addition.decoded(rows.select([*cube.keys, *cube.sums]))
        counted = named.group_by(list(cube.keys)).aggregate([(name, "sum") for name in cube.sums])
        addition.add(tx, cube.table, tenant.key, counted.rename_columns([*cube.keys, *cube.sums]), sums=cube.sums)


def _hours(ts: pa.ChunkedArray, zone: str) -> pa.Array:
    """The instants at which the zone's wall-clock hours began."""
    moment = instants(ts)
    return pa.array(moment - np.mod(moment + offsets_of(moment, zone), HOUR)).cast(pa.timestamp("us"))


def recompute(tx: Transaction, part: Part) -> None:
    """The days of `part`, from events."""
    for cube, rows in ((DAY, _by_day(part)), (HOURS, _by_hour(part)), (PAGES, _by_page(part))):
        replace_rows(tx, cube.table, part.of(cube.table), rows)


def _by_day(part: Part) -> sa.Select[Any]:
    keys = [events.c[name] for name in DAY.keys]
    value = sa.cast(sa.func.sum(events.c.value_base_minor), sa.BigInteger).label("value_base_minor")
    sums = (sa.func.count().label("events"), value, sa.func.sum(events.c.duration_ms).label("duration_ms"))
    rows = sa.select(events.c.tenant, *keys, *sums).where(*part.of(events))
    return rows.group_by(events.c.tenant, *keys).order_by(events.c.day, events.c.name)


def _views() -> sa.ColumnElement[Any]:
    return sa.cast(sa.func.sum(sa.case((events.c.name == PAGE_VIEW, 1), else_=0)), sa.BigInteger).label("page_views")


def _by_page(part: Part) -> sa.Select[Any]:
    keys = [events.c[name] for name in PAGES.keys]
    rows = sa.select(events.c.tenant, *keys, sa.func.count().label("events"), _views()).where(*part.of(events))
    return rows.group_by(events.c.tenant, *keys).order_by(events.c.day, events.c.page)


def _by_hour(part: Part) -> sa.Select[Any]:
    """Counted by quarter hours first: zones change on these, and the engine's look-up of zone rules is slow."""
    keys = [events.c[name] for name in ("day", *DIMENSIONS)]
    minutes = sa.cast(sa.func.floor(sa.extract("minute", events.c.ts) / 15), sa.Integer)
    quarter = sa.func.date_trunc(sa.literal_column("'hour'"), events.c.ts) + minutes * sa.literal_column("INTERVAL '15 minutes'")
    moment = sa.type_coerce(quarter, sa.DateTime()).label("quarter")
    inner = sa.select(events.c.tenant, *keys, moment, sa.func.count().label("events"), _views()).where(*part.of(events))
    quarters = inner.group_by(events.c.tenant, *keys, moment).subquery("quarters")
    hour = hour_of(quarters.c.quarter, part.tenant.time_zone).label("hour")
    named = [quarters.c.tenant, quarters.c.day, hour, *(quarters.c[name] for name in DIMENSIONS)]
    sums = [sa.cast(sa.func.sum(quarters.c[name]), sa.BigInteger).label(name) for name in HOURS.sums]
    return sa.select(*named, *sums).group_by(*named).order_by(quarters.c.day)
