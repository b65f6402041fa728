"""The process-wide connections: opened once by settings, put in place by tests, clear when absent."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access import connections
from data_access.schema import events
from data_access.settings import Settings
from data_access.store import StoreUnavailable
from data_access.warehouse import Warehouse, WarehouseUnavailable, open_warehouse


def test_nothing_is_open_before_connect() -> None:
    with connections.connected():
        connections.disconnect()
        with pytest.raises(WarehouseUnavailable, match="not open"):
            connections.warehouse()
        with pytest.raises(WarehouseUnavailable, match="not open"):
            connections.store()


def test_connect_opens_and_migrates_both(tmp_path: Path) -> None:
    chosen = Settings(warehouse_url=f"duckdb:///{tmp_path}/deep/w.duckdb", store_url=f"sqlite:///{tmp_path}/s.sqlite")
    connections.connect(chosen)
    try:
        assert connections.warehouse().read(sa.select(events.c.id)).empty
        with connections.store().connect() as connection:
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    finally:
        connections.disconnect()


def test_a_store_that_does_not_open_leaves_no_warehouse_locked(tmp_path: Path) -> None:
    chosen = Settings(warehouse_url=f"duckdb:///{tmp_path}/w.duckdb", store_url="mysql://nowhere/db")
    with pytest.raises(StoreUnavailable):
        connections.connect(chosen)
    open_warehouse(chosen.warehouse_url).close()


def test_connected_is_seen_by_every_thread_and_ends_with_its_block(warehouse: Warehouse) -> None:
    seen: list[Warehouse] = []
    with connections.connected(warehouse=warehouse):
        thread = threading.Thread(target=lambda: seen.append(connections.warehouse()))
        thread.start()
        thread.join()
        with connections.connected(store=sa.create_engine("sqlite://")):
            assert connections.warehouse() is warehouse
    assert seen == [warehouse]
