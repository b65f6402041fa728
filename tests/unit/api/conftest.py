"""The routes and what wraps them, over a real store and a real warehouse with three days of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from accounts import tokens
from accounts.actor import Actor
from api import limits
from api.asgi import exception_handlers, middleware
from api.routes import routes
from data_access.clock import naive_utc, utc_now
from data_access.connections import connected
from data_access.settings import Settings, settings
from data_access.store import open_store
from data_access.warehouse import Warehouse, open_warehouse
from ingest.writer import BatchWriter
from tests.people import ACME, PASSWORD, settle


@pytest.fixture(autouse=True)
def chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings of this test alone."""
    monkeypatch.setenv("SECRET_KEY", "for-tests-only-0123456789abcdefghij")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    yield opened
    opened.dispose()


@pytest.fixture
def people(store: sa.Engine) -> dict[str, Actor]:
    return settle(store, password=PASSWORD)


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    opened = open_warehouse(f"duckdb:///{tmp_path_factory.mktemp('api')}/warehouse.duckdb")
    opened.migrate()
    now = utc_now()
    BatchWriter(opened, ACME).write({"events": events(now)}, now)
    yield opened
    opened.close()


def events(now: datetime) -> pa.Table:
    """Two people on each of the three days before today, at noon."""
    noon = naive_utc(now).replace(hour=11, minute=0, second=0, microsecond=0)
    times = [noon - timedelta(days=day) for day in (1, 2, 3) for _ in range(2)]
    return pa.table({
        "id": [f"event-{n}" for n in range(6)],
        "ts": pa.array(times, pa.timestamp("us")),
        "name": ["page_view"] * 6,
        "user_id": ["ada", "ben"] * 3,
    })  # fmt: skip


@pytest.fixture
def client(store: sa.Engine, people: dict[str, Actor], warehouse: Warehouse) -> Iterator[TestClient]:
    limits.forget()
    app = Starlette(routes=routes(), middleware=middleware(), exception_handlers=exception_handlers())
    with connected(warehouse=warehouse, store=store), TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def bearer(store: sa.Engine, people: dict[str, Actor]) -> Callable[..., dict[str, str]]:
    """Headers that speak for a person, with all they may do or only `permissions`."""

    def headers(name: str, *permissions: str) -> dict[str, str]:
        owner = people[name]
        secret, _ = tokens.create(store, owner, "test", permissions or sorted(owner.permissions), now=utc_now())
        return {"Authorization": f"Bearer {secret}"}

    return headers
