"""The API as it describes itself, asked by schemathesis: whatever the description allows, and what it forbids, never ends in a 5xx."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from starlette.applications import Starlette

from accounts import actors, tenants, tokens, write_keys
from accounts.actor import Tenant
from api import collect, limits
from api.asgi import exception_handlers, middleware
from api.routes import routes
from data_access import settings as chosen
from data_access.clock import utc_now
from data_access.connections import connected
from data_access.connections import store as current_store
from data_access.connections import warehouse as current_warehouse
from data_access.store import open_store
from data_access.warehouse import open_warehouse

schemathesis = pytest.importorskip("schemathesis", reason="needs the package schemathesis")
EXAMPLES = int(os.environ.get("FUZZ", "3"))  # per operation


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    folder: Path = tmp_path_factory.mktemp("openapi")
    patched = pytest.MonkeyPatch()
    for name, value in (("DATA_DIR", str(folder)), ("DEMO_MODE", "true"), ("API_RATE_PER_MINUTE", "1000000")):
        patched.setenv(name, value)
    chosen.settings.cache_clear()
    limits.forget()
    warehouse, store = open_warehouse(f"duckdb:///{folder}/w.duckdb"), open_store(f"sqlite:///{folder}/s.sqlite")
    warehouse.migrate()
    tenants.save(store, Tenant(1, "acme", "Acme"), utc_now())
    ann = actors.add(store, actors.NewActor("acme", "ann@acme.test", "Ann", ("admin",), "a long password"), utc_now())
    secret, _ = tokens.create(store, ann, "t", sorted(ann.permissions), now=utc_now())
    key = write_keys.create(store, Tenant(1, "acme", "Acme"), write_keys.NewKey("t"), now=utc_now())

    async def lifespan(_app: object):
        async with collect.collecting(chosen.settings(), current_store, current_warehouse):
            yield

    app = Starlette(
        routes=routes(), middleware=middleware(), exception_handlers=exception_handlers(), lifespan=asynccontextmanager(lifespan)
    )
    with connected(warehouse=warehouse, store=store):
        made = schemathesis.openapi.from_asgi("/api/openapi.json", app)
        made.tokens = {"bearer": secret, "write_key": key}
        yield made
    warehouse.close()
    store.dispose()
    patched.undo()
    chosen.settings.cache_clear()


def test_no_request_ends_in_a_server_error(description):
    asked = 0
    for found in description.get_all_operations():
        operation = found.ok()
        ask(operation, description.tokens["write_key" if operation.path == "/api/v1/events" else "bearer"])
        asked += 1
    assert asked > 10


def ask(operation, token: str) -> None:
    """A few requests of one operation, drawn from its description."""

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def asking(case) -> None:
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500, (operation.label, answer.text[:500])

    asking()
