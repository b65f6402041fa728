"""What a fact holds because of the tenant's settings and rates: its `day`, and its worth in the reporting currency."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access import schema
from data_access.functions import local_time
from data_access.warehouse import Transaction
from ingest.days import distinct_days
from ingest.money import SUFFIX, amounts, with_base
from ingest.movements.rates import known_rates

Days = dict[str, set[date]]
FACTS = [table for name, table in schema.FACTS.items() if name != "sessions"]


def redate(tx: Transaction, tenant: Tenant) -> None:
    """Give every fact the day of the tenant's present time zone."""
    for table in FACTS:
        day = sa.cast(local_time(table.c.ts, tenant.time_zone), sa.Date)
        tx.execute(sa.update(table).where(table.c.tenant == tenant.key, table.c.day != day).values(day=day))


def reprice(tx: Transaction, tenant: Tenant, *, only_missing: bool) -> Days:
    """Convert amounts at the rates known now; with `only_missing` those that had no rate so far. The days changed, by table."""
    rates = schema.fx_rates
    known = known_rates(
        tx.read(sa.select(rates.c.day, rates.c.currency, rates.c.rate).where(rates.c.tenant == tenant.key)), tenant.currency
    )
    changed: Days = {}
    for table in FACTS:
        for prefix in amounts(table):
            priced = with_base(_amounts(tx, table, prefix, _held(table, prefix, tenant.key, only_missing)), prefix, known)
            if days := _put(tx, table, prefix, (tenant.key, priced)):
                changed.setdefault(table.name, set()).update(days)
    return changed


def _held(table: sa.Table, prefix: str, tenant: int, only_missing: bool) -> list[sa.ColumnElement[bool]]:
    held = [table.c.tenant == tenant, table.c[f"{prefix}_minor"].is_not(None)]
    return [*held, table.c[prefix + SUFFIX].is_(None)] if only_missing else held


def _amounts(tx: Transaction, table: sa.Table, prefix: str, held: list[sa.ColumnElement[bool]]) -> pa.Table:
    """Each amount that occurs on a day, once; many rows share one."""
    minor = f"{prefix}_minor"
    rows = tx.arrow(sa.select(table.c.day, table.c.currency, table.c[minor]).where(*held).distinct())
    types = pa.schema([("day", pa.date32()), ("currency", pa.string()), (minor, pa.int64())])
    return rows.cast(types).combine_chunks()


def _put(tx: Transaction, table: sa.Table, prefix: str, of: tuple[int, pa.Table]) -> set[date]:
    tenant, priced = of
    if not priced.num_rows:
        return set()
    staged = tx.stage("repriced", priced)
    base, minor = prefix + SUFFIX, f"{prefix}_minor"
    same: list[Any] = [table.c.tenant == tenant, table.c.day == staged.c.day, table.c[minor] == staged.c[minor]]
    same += [table.c.currency.is_not_distinct_from(staged.c.currency), table.c[base].is_distinct_from(staged.c[base])]
    changed = tx.execute(sa.update(table).where(*same).values({base: staged.c[base]}))
    return distinct_days(priced["day"]) if changed else set()
