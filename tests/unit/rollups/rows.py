"""Drawing raw rows straight into a warehouse, and reading rollups back for comparison."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.dialects.columns import arrow_type
from data_access.schema import ROLLUPS, metadata, sessions
from data_access.warehouse import Transaction, Warehouse

TENANT = Tenant(1, "acme", "Acme", "Europe/Paris")
START = datetime(2026, 3, 25)
KEPT = [table for name, table in ROLLUPS.items() if name.startswith("rollup_")] + [sessions]


def table_of(name: str, rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as Arrow in the types of a warehouse table; keys that no row has are left out."""
    rows = list(rows)
    names = [c.name for c in metadata.tables[name].columns if any(c.name in row for row in rows)]
    columns = {n: pa.array([_plain(row.get(n)) for row in rows], _type(name, n)) for n in names}
    return pa.table(columns)


def _type(table: str, column: str) -> pa.DataType:
    wanted = arrow_type(metadata.tables[table].c[column])
    return pa.string() if wanted == pa.uuid() else wanted


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


def day_of(ts: datetime, tenant: Tenant = TENANT) -> Any:
    return ts.replace(tzinfo=UTC).astimezone(tenant.zone).date()


def event(number: int, hours: float, user: int | None, name: str = "use", **more: Any) -> dict[str, Any]:
    """An event `hours` after START, complete enough for every rollup."""
    ts = START + timedelta(hours=hours)
    return {"tenant": TENANT.key, "id": UUID(int=number), "seq": number, "ts": ts, "day": day_of(ts), "name": name, "user_key": user} | more


def contents(house: Warehouse | Transaction, table: sa.Table) -> list[tuple[Any, ...]]:
    """All rows of a table in a fixed order, floating sums rounded."""
    frame = house.read(sa.select(table))
    rows = [tuple(_rounded(value) for value in row) for row in frame.astype(object).itertuples(index=False)]
    return sorted(rows, key=repr)


def _rounded(value: Any) -> Any:
    if value is None or value != value:
        return None
    return round(float(value), 6) if isinstance(value, float) else value
