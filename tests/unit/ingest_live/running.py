"""A collector on a real warehouse and store, spoken to over HTTP inside the process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pandas as pd
import sqlalchemy as sa
from starlette.applications import Starlette

from accounts import tenants, write_keys
from accounts.actor import Tenant
from api import collect
from data_access import connections
from data_access.clock import utc_now
from data_access.settings import Settings
from data_access.store import open_store
from data_access.warehouse import Warehouse
from ingest.collect import Collector
from ingest.live.current import current

PATIENCE = 20.0


class Running:
    """What a test speaks to."""

    def __init__(self, client: httpx.AsyncClient, warehouse: Warehouse, store: sa.Engine, keys: dict[int, str]) -> None:
        self.client, self.warehouse, self.store, self.keys = client, warehouse, store, keys

    @property
    def collector(self) -> Collector:
        return current()

    async def post(self, path: str, body: object, tenant: int = 1, **more) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[tenant]}", **more.pop("headers", {})}
        sent = {"content": body} if isinstance(body, bytes) else {"json": body}
        return await self.client.post(path, headers=headers, **sent, **more)

    async def drained(self) -> None:
        """Wait until the warehouse has everything that was acknowledged."""
        await until(lambda: self.collector.journal.backlog == 0)

    def rows(self, table: sa.Table, tenant: int = 1) -> pd.DataFrame:
        return self.warehouse.read(sa.select(table).where(table.c.tenant == tenant))


async def until(true: Callable[[], object]) -> None:
    """Wait for something to become true, and say so if it never does."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not true():
        assert asyncio.get_running_loop().time() < deadline, "waited too long"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def running(warehouse: Warehouse, folder: Path, *companies: Tenant, **settings) -> AsyncIterator[Running]:
    """The routes of the collector, with a write key for each company."""
    store = open_store(f"sqlite:///{folder}/store.sqlite")
    now: datetime = utc_now()
    keys = {}
    for tenant in companies or (Tenant(1, "acme", "Acme", time_zone="Europe/Paris"),):
        tenants.save(store, tenant, now)
        keys[tenant.key] = write_keys.create(store, tenant, write_keys.NewKey("test"), now=now)
    chosen = Settings(data_dir=folder, demo_mode=True, **settings)
    transport = httpx.ASGITransport(Starlette(routes=collect.routes()))
    with connections.connected(warehouse=warehouse, store=store):
        async with (
            collect.collecting(chosen, connections.store, connections.warehouse),
            httpx.AsyncClient(transport=transport, base_url="http://test") as client,
        ):
            yield Running(client, warehouse, store, keys)
    store.dispose()
