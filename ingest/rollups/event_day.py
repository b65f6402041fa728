"""rollup_event_day: events of a day by name and dimensions."""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa

from data_access.schema import events, rollup_event_day
from data_access.warehouse import Transaction
from ingest.rollups import addition
from ingest.rollups.part import Part, replace_rows

KEYS = ("day", "name", "category", "country", "device", "channel", "plan", "kind")
SUMS = ("events", "value_base_minor", "duration_ms")


def add(tx: Transaction, tenant: int, rows: pa.Table) -> None:
    """Events just written, with all columns of the table."""
    named = addition.decoded(rows.select([*KEYS, *SUMS[1:]]))
    counted = named.group_by(list(KEYS)).aggregate([([], "count_all"), *((name, "sum") for name in SUMS[1:])])
    addition.add(tx, rollup_event_day, tenant, counted.rename_columns([*KEYS, *SUMS]), SUMS)


def recompute(tx: Transaction, part: Part) -> None:
    """The days of `part`, from events."""
    keys = [events.c[name] for name in KEYS]
    rows = (
        sa.select(
            events.c.tenant,
            *keys,
            sa.func.count().label("events"),
            sa.cast(sa.func.sum(events.c.value_base_minor), sa.BigInteger).label("value_base_minor"),
            sa.func.sum(events.c.duration_ms).label("duration_ms"),
        )
        .where(*part.of(events))
        .group_by(events.c.tenant, *keys)
        .order_by(events.c.day, events.c.name)
    )
    replace_rows(tx, rollup_event_day, part.of(rollup_event_day), rows)
