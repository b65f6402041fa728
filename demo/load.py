"""Put the demonstration into a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any, Protocol

import pyarrow as pa

from accounts.actor import Tenant
from demo.business import TENANTS, Scale
from demo.generate import tables, until


class Load(Protocol):
    """One bulk load: tables are added in pieces, what is derived from them is built at its end."""

    def add(self, batch: Mapping[str, pa.Table]) -> Any: ...


class Writer(Protocol):
    """The part of `ingest.writer.BatchWriter` that is needed here."""

    def bulk(self, now: datetime) -> AbstractContextManager[Load]: ...


Progress = Callable[[float, str], None]


def create(
    warehouse: Any,
    writer_factory: Callable[[Any, Tenant], Writer],
    scale: Scale,
    end: date,
    *,
    now: datetime,
    progress: Progress = lambda done, what: None,
) -> dict[str, int]:
    """Load both companies up to `now` (aware); `progress` is told the part done (0 to 1) and the table being loaded.

    Answers the number of rows per table. The same scale and end give the same ids, so that a second run adds nothing.
    """
    rows: dict[str, int] = {}
    for number, tenant in enumerate(TENANTS):
        with writer_factory(warehouse, tenant).bulk(now) as load:
            for name, table in until(now, tables(scale, end, tenant)):
                load.add({name: table})
                rows[name] = rows.get(name, 0) + table.num_rows
                progress(_done(rows, scale, summarised=number), f"{tenant.name}: {name}")
            progress(_done(rows, scale, summarised=number), f"{tenant.name}: summaries")  # built when the block ends
    progress(1.0, "")
    return rows


def _done(rows: dict[str, int], scale: Scale, *, summarised: int) -> float:
    """Loading is about two thirds of the time, the two companies' summaries the rest."""
    return min(0.02 + 0.64 * rows.get("events", 0) / scale.events + 0.15 * summarised, 0.95)
