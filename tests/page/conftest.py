"""The pages as somebody signed in sees them, over a small demonstration warehouse that is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from accounts import sessions
from accounts.sessions import Visit
from components import session
from data_access.clock import utc_now
from data_access.connections import connected
from data_access.store import open_store
from data_access.warehouse import Warehouse, open_warehouse
from demo.business import LUMEN, SCALES
from demo.load import create
from ingest.writer import BatchWriter
from tests.people import settle

ROOT = Path(__file__).resolve().parents[2]
WAIT = 60
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has no browser: its address would be a mock."""
    monkeypatch.setattr(session, "visit", lambda: Visit("", "127.0.0.1", "test"))


@pytest.fixture(scope="session")
def business(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Both demonstration companies: tenant 1 sells subscriptions, tenant 2 is a marketplace."""
    warehouse = open_warehouse(f"duckdb:///{tmp_path_factory.mktemp('pages') / 'business.duckdb'}")
    warehouse.migrate()
    now = utc_now()
    create(warehouse, BatchWriter, SCALES["small"], now.astimezone(LUMEN.zone).date(), now=now)
    yield warehouse
    warehouse.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Warehouse]:
    warehouse = open_warehouse(f"duckdb:///{tmp_path / 'empty.duckdb'}")
    warehouse.migrate()
    yield warehouse
    warehouse.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    settle(engine)
    yield engine
    engine.dispose()


def signed_in(store: sa.Engine, who: str, page: str, **params: str) -> AppTest:
    """The page, run once for this person with these URL parameters."""
    from accounts import actors

    actor = next(a for a in actors.every(store) if a.email.startswith(who))
    started = sessions.start(store, actor.id, Visit("", "127.0.0.1", "test"), now=utc_now(), hours=1)
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=WAIT)
    at.session_state["vigie_session_id"] = started.id
    for name, value in params.items():
        at.query_params[name] = value
    return at.run()


@pytest.fixture
def opened(business: Warehouse, store: sa.Engine) -> Iterator[Open]:
    """`opened("alice", "overview", period="7d")`: a page of the demonstration company."""
    with connected(warehouse=business, store=store):
        yield lambda who, page, **params: signed_in(store, who, page, **params)


@pytest.fixture
def opened_empty(empty: Warehouse, store: sa.Engine) -> Iterator[Open]:
    """The same over a warehouse without a row."""
    with connected(warehouse=empty, store=store):
        yield lambda who, page, **params: signed_in(store, who, page, **params)
