"""What the product derives from the facts and can always rebuild.

Each file recomputes its table for a `Part`: the days and users that a batch touched, or all of a tenant's rows. The batch
writer calls `add` or `refresh` inside the batch's own transaction, so a rollup is never behind its facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from accounts.actor import Tenant
from analytics.sources.latency import MEASURED
from data_access.warehouse import Transaction
from ingest.rollups import activity, event_day, latency, sessions, user_day
from ingest.rollups.part import Part, Touched, part_of

__all__ = ["Touched", "add", "moved", "rebuild", "refresh"]


def add(tx: Transaction, tenant: Tenant, written: Mapping[str, pa.Table]) -> None:
    """Bring every rollup up to date with fact rows just written, by table and with every column, where nothing else has changed: what
    they add is added, whatever their days. Events have `seq`, and those with a session a user."""
    for name, rows in written.items():
        bounds = pc.min_max(rows["day"]).as_py()
        part = Part(tenant, first=bounds["min"], last=bounds["max"])
        if name == "events":
            _add_events(tx, part, rows)
        for measured in MEASURED:
            if measured.table.name == name:
                latency.add(tx, part, measured, rows)


def _add_events(tx: Transaction, part: Part, rows: pa.Table) -> None:
    event_day.add(tx, part.tenant, rows)
    sessions.add(tx, part, rows)
    days = user_day.add(tx, part.tenant.key, rows)
    if days is not None:
        activity.add(tx, part.tenant.key, days)


def refresh(tx: Transaction, tenant: Tenant, touched: Touched) -> None:
    """Bring every rollup up to date with the rows that `touched` names, late ones included."""
    if days := touched.tables.get("events"):
        _refresh_events(tx, tenant, days, touched.user_keys)
    for measured in MEASURED:
        if days := touched.tables.get(measured.table.name):
            latency.recompute(tx, part_of(tx, tenant, days), measured)


def _refresh_events(tx: Transaction, tenant: Tenant, days: set[date], user_keys: set[int] | None) -> None:
    anyone = part_of(tx, tenant, days)
    event_day.recompute(tx, anyone)
    sessions.recompute(tx, anyone if user_keys is None else part_of(tx, tenant, days, user_keys))
    people = user_day.refresh(tx, part_of(tx, tenant, days, user_keys))
    activity.recompute(tx, people)


def moved(tx: Transaction, tenant: Tenant, days: set[date], users: set[int], *, sessions_only: bool = False) -> None:
    """Events of these users on these days have changed hands among them: what is kept by user follows, counts of events stand."""
    part = part_of(tx, tenant, days, users)
    sessions.recompute(tx, part)
    if not sessions_only:
        activity.recompute(tx, user_day.refresh(tx, part))


def rebuild(tx: Transaction, tenant: Tenant) -> None:
    """Every rollup of a tenant from its facts."""
    whole = Part(tenant)
    event_day.recompute(tx, whole)
    sessions.recompute(tx, whole)
    user_day.rebuild(tx, whole)
    activity.recompute(tx, whole)
    for measured in MEASURED:
        latency.recompute(tx, whole, measured)
