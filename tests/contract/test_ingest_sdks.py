"""Unmodified SDKs against a real server: what they send is in the warehouse."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette

from accounts import tenants, write_keys
from accounts.actor import Tenant
from api import collect
from data_access import schema
from data_access.clock import utc_now
from data_access.settings import Settings
from data_access.store import open_store
from data_access.warehouse import Warehouse, open_warehouse


class Server:
    """The collector on a port of its own."""

    def __init__(self, url: str, key: str, warehouse: Warehouse) -> None:
        self.url, self.key, self.warehouse = url, key, warehouse

    def rows(self, table: sa.Table, count: int):
        """The table's rows, once there are as many as expected."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = self.warehouse.read(sa.select(table))
            if len(found) >= count:
                return found
            threading.Event().wait(0.05)
        raise AssertionError(f"{table.name} has {len(found)} rows instead of {count}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    warehouse = open_warehouse(f"duckdb:///{tmp_path}/warehouse.duckdb")
    warehouse.migrate()
    store = open_store(f"sqlite:///{tmp_path}/store.sqlite")
    tenant = Tenant(1, "acme", "Acme")
    tenants.save(store, tenant, utc_now())
    key = write_keys.create(store, tenant, write_keys.NewKey("test"), now=utc_now())
    settings = Settings(data_dir=tmp_path, demo_mode=True)

    @asynccontextmanager
    async def lifespan(_app):
        async with collect.collecting(settings, lambda: store, lambda: warehouse):
            yield

    app = Starlette(routes=collect.routes(), lifespan=lifespan)
    running = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(running.serve()))
    thread.start()
    while not running.started:
        assert thread.is_alive()
        threading.Event().wait(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield Server(f"http://127.0.0.1:{port}", key, warehouse)
    running.should_exit = True
    thread.join()
    warehouse.close()
    store.dispose()


def test_segment_for_python(server):
    from segment.analytics.client import Client

    errors: list[object] = []
    client = Client(server.key, host=server.url, on_error=lambda error, items: errors.append(error), gzip=True)
    client.identify("u1", {"plan": "pro", "email": "a@b.test"})
    client.track("u1", "Signed Up", {"revenue": 9.5, "currency": "EUR"})
    client.page("u1", "Docs", "Home", {"url": "https://x.test/home"})
    client.group("u1", "g1", {"name": "Acme"})
    client.flush()
    client.join()
    assert errors == []
    events = server.rows(schema.events, 2)
    assert sorted(events["name"]) == ["Signed Up", "page_view"]
    assert events["value_minor"].dropna().tolist() == [950]
    assert server.rows(schema.users, 1)[["external_id", "plan", "email"]].to_numpy().tolist() == [["u1", "pro", "a@b.test"]]
    assert server.rows(schema.accounts, 1)["name"].tolist() == ["Acme"]


def test_posthog_for_python(server):
    from posthog import Posthog

    client = Posthog(server.key, host=server.url, gzip=True, flush_at=10, max_retries=0)
    client.capture("Signed Up", distinct_id="u1", properties={"amount": 9.5})
    client.set(distinct_id="u1", properties={"plan": "pro"})
    client.capture("$pageview", distinct_id="u1", properties={"$current_url": "https://x.test/p"})
    client.shutdown()
    events = server.rows(schema.events, 2)
    assert sorted(events["name"]) == ["Signed Up", "page_view"]
    assert server.rows(schema.users, 1)["plan"].tolist() == ["pro"]


def test_sentry_for_python(server):
    import sentry_sdk

    dsn = server.url.replace("http://", f"http://{server.key}@") + "/1"
    sentry_sdk.init(dsn=dsn, server_name="shop", default_integrations=False, traces_sample_rate=1.0)
    try:
        raise ValueError("no card")
    except ValueError as error:
        sentry_sdk.capture_exception(error)
    with sentry_sdk.start_transaction(op="http.server", name="/pay") as transaction:
        transaction.set_http_status(200)
    sentry_sdk.flush(10)
    sentry_sdk.get_client().close()
    sentry_sdk.init()
    logs = server.rows(schema.error_logs, 1)
    assert logs[["service", "message"]].to_numpy().tolist() == [["shop", "ValueError: no card"]]
    assert server.rows(schema.api_requests, 1)[["endpoint", "status"]].to_numpy().tolist() == [["/pay", 200]]


def test_opentelemetry_metrics_for_python(server):
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.resources import Resource

    exporter = OTLPMetricExporter(endpoint=f"{server.url}/v1/metrics", headers={"Authorization": f"Bearer {server.key}"})
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=60_000)
    provider = MeterProvider(resource=Resource.create({"service.name": "shop"}), metric_readers=[reader])
    provider.get_meter("test").create_counter("signups").add(3, {"plan": "pro"})
    provider.shutdown()
    samples = server.rows(schema.samples, 1)
    assert samples[["source", "metric", "value"]].to_numpy().tolist() == [["shop", "signups", 3.0]]


def test_opentelemetry_logs_for_python(server):
    import logging

    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource

    exporter = OTLPLogExporter(endpoint=f"{server.url}/v1/logs", headers={"Authorization": f"Bearer {server.key}"})
    provider = LoggerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    shop = logging.getLogger("tests.shop")
    handler = LoggingHandler(logger_provider=provider)
    shop.addHandler(handler)
    shop.error("no card", extra={"order": 7})
    shop.removeHandler(handler)
    provider.shutdown()
    logs = server.rows(schema.error_logs, 1)
    assert logs[["service", "severity", "message"]].to_numpy().tolist() == [["shop", "error", "no card"]]


def test_the_versions_that_ran_are_told():
    from importlib.metadata import version

    names = (
        "segment-analytics-python", "posthog", "sentry-sdk", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http", "stripe",
    )  # fmt: skip
    print("ran unmodified:", ", ".join(f"{name} {version(name)}" for name in names))


def test_vigie_for_python(server):
    from ingest.sdk.vigie import Vigie

    client = Vigie(server.key, server.url)
    client.track("u1", "Signed Up", {"plan": "pro"}, value_minor=950, currency="EUR")
    client.step("u1", "payment", "attempt", {"method": "card"})
    client.identify("u1", {"plan": "pro"})
    client.form_error("u1", "signup", {"email": ["Enter a valid address."]})
    client.typed("sample", {"metric": "cpu", "value": 0.5})
    client.flush()
    client.close()
    assert client.dropped == 0
    assert sorted(server.rows(schema.events, 2)["name"]) == ["Signed Up", "payment_attempt"]
    assert server.rows(schema.form_errors, 1)["message"].tolist() == ["invalid"]
    assert server.rows(schema.samples, 1)["value"].tolist() == [0.5]


def test_vigie_for_python_gives_up_what_is_refused_and_keeps_what_is_not(server):
    from ingest.sdk.vigie import Vigie

    refused = Vigie("no key", server.url)
    refused.track("u1", "lost")
    refused.flush()
    refused.close()
    assert refused.dropped == 1
    away = Vigie(server.key, "http://127.0.0.1:1")
    away.track("u1", "kept")
    away._url = f"{server.url}/api/v1/events"
    away.flush()
    away.close()
    assert server.rows(schema.events, 1)["name"].tolist() == ["kept"]
