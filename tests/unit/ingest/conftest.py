"""An empty warehouse in memory and a writer for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.actor import Tenant
from data_access.warehouse import Warehouse, open_warehouse
from ingest.writer import BatchWriter


@pytest.fixture
def house() -> Iterator[Warehouse]:
    opened = open_warehouse("duckdb:///:memory:")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def writer(house: Warehouse) -> BatchWriter:
    return BatchWriter(house, Tenant(1, "shop", "Shop", time_zone="Europe/London", currency="GBP"))
