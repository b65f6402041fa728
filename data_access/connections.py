"""The process-wide open warehouse and application store.

The entry point calls `connect(settings)` once; tests put theirs in place with `connected(...)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from data_access.errors import WarehouseUnavailable
from data_access.settings import Settings
from data_access.warehouse import Warehouse, open_warehouse


@dataclass(frozen=True)
class _Open:
    warehouse: Warehouse | None = None
    store: sa.Engine | None = None


_current = _Open()


def connect(settings: Settings) -> None:
    """Open both by the settings and bring their tables up to date; nothing where they are open already.

    Raises WarehouseUnavailable, SchemaMismatch or StoreUnavailable.
    """
    global _current
    if _current.warehouse is not None and _current.store is not None:
        return
    from data_access.store import open_store

    opened = open_warehouse(
        settings.warehouse_url,
        memory=settings.warehouse_memory,
        threads=settings.warehouse_threads,
        budget=settings.query_budget_seconds,
        beside=settings.data_dir / "lists",
    )
    try:
        opened.migrate()
        _current = _Open(opened, open_store(settings.store_url))
    except BaseException:
        opened.close()
        raise


def disconnect() -> None:
    """Close whatever is open."""
    global _current
    closing, _current = _current, _Open()
    if closing.warehouse is not None:
        closing.warehouse.close()
    if closing.store is not None:
        closing.store.dispose()


def warehouse() -> Warehouse:
    """The open warehouse; raises WarehouseUnavailable before `connect`."""
    if _current.warehouse is None:
        raise WarehouseUnavailable("the warehouse is not open yet")
    return _current.warehouse


def store() -> sa.Engine:
    """The open application store; raises WarehouseUnavailable before `connect`."""
    if _current.store is None:
        raise WarehouseUnavailable("the application store is not open yet")
    return _current.store


@contextmanager
def connected(*, warehouse: Warehouse | None = None, store: sa.Engine | None = None) -> Iterator[None]:
    """Put these in place of the open ones for the length of a block, in every thread; what is None stays."""
    global _current
    before = _current
    _current = _Open(warehouse or before.warehouse, store or before.store)
    try:
        yield
    finally:
        _current = before
