"""The fixture `store`: each test here runs on SQLite and on PostgreSQL, on a store of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from accounts.actor import Actor
from data_access.store import open_store
from tests.contract.servers import database
from tests.people import settle


@pytest.fixture(scope="session")
def store_template(postgres_server: sa.URL) -> Iterator[str]:
    with database(postgres_server) as url:
        open_store(url.render_as_string(hide_password=False)).dispose()
        yield str(url.database)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        opened = open_store(f"sqlite:///{tmp_path}/store.sqlite")
        yield opened
        opened.dispose()
        return
    with database(request.getfixturevalue("postgres_server"), request.getfixturevalue("store_template")) as url:
        opened = open_store(url.render_as_string(hide_password=False))
        yield opened
        opened.dispose()


@pytest.fixture
def people(store: sa.Engine) -> dict[str, Actor]:
    return settle(store)
