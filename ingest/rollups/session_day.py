"""rollup_session_day: sessions by day, dimensions, length and whether they saw one page only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from analytics.sources.session_bands import LONGER, MINUTE, band_of
from data_access.schema import rollup_session_day, sessions
from data_access.warehouse import Transaction
from ingest.columns import put
from ingest.rollups import addition
from ingest.rollups.part import replace_rows

KEYS = ("day", "country", "device", "channel", "plan", "kind", "single", "band")
SUMS = ("sessions", "page_views", "duration_s")


def add(tx: Transaction, tenant: int, before: pa.Table, after: pa.Table) -> None:
    """Sessions as they were and as they are, in the columns of `sessions`."""
    both = pa.concat_tables([_signed(before, -1), _signed(after, 1)], promote_options="permissive")
    summed = both.group_by(list(KEYS)).aggregate([(name, "sum") for name in SUMS]).rename_columns([*KEYS, *SUMS])
    addition.add(tx, rollup_session_day, tenant, summed, sums=SUMS)
    if before.num_rows:
        bounds = pc.min_max(before["day"]).as_py()
        r = rollup_session_day.c
        gone = r.tenant == tenant, r.day.between(bounds["min"], bounds["max"]), r.sessions == 0
        tx.execute(sa.delete(rollup_session_day).where(*gone))


def _signed(rows: pa.Table, sign: int) -> pa.Table:
    rows = addition.decoded(rows.select([*KEYS[:6], "page_views", "duration_s"]))
    single = pc.fill_null(pc.equal(rows["page_views"], 1), False)
    band = pa.array(bands(rows["duration_s"].cast(pa.float64()).to_numpy()))
    views = pc.multiply(rows["page_views"].cast(pa.int64()), sign)
    length = pc.multiply(rows["duration_s"].cast(pa.float64()), float(sign))
    rows = put(put(put(rows, "single", single), "band", band), "sessions", pa.repeat(sign, rows.num_rows))
    return put(put(rows, "page_views", views), "duration_s", length).select([*KEYS, *SUMS])


def bands(seconds: Any) -> Any:
    """The same as `band_of`, of an array."""
    longer = np.array(LONGER)[np.maximum(np.searchsorted(LONGER, seconds, side="right") - 1, 0)]
    return np.where(seconds < MINUTE, np.floor(seconds), longer).astype(np.int64)


def recompute(tx: Transaction, tenant: int, days: sa.TableClause | None = None) -> None:
    """All days, or those of `days` (a column `day`), from sessions."""
    s = sessions.c
    chosen = [] if days is None else [sa.select(days.c.day)]
    keys = [
        *(s[name] for name in KEYS[:6]),
        sa.func.coalesce(s.page_views == 1, sa.false()).label("single"),
        band_of(s.duration_s).label("band"),
    ]
    sums = [sa.func.count().label("sessions"), sa.cast(sa.func.sum(s.page_views), sa.BigInteger).label("page_views")]
    rows = sa.select(s.tenant, *keys, *sums, sa.func.sum(s.duration_s).label("duration_s"))
    rows = rows.where(s.tenant == tenant, *(s.day.in_(some) for some in chosen)).group_by(s.tenant, *keys).order_by(s.day)
    r = rollup_session_day.c
    replace_rows(tx, rollup_session_day, [r.tenant == tenant, *(r.day.in_(some) for some in chosen)], rows)
