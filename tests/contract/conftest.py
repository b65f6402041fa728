"""The fixture `warehouse`: each test of this folder runs once on every engine, on a warehouse of its own.

What an engine does not do is named in MARKS, with the reason: `notimpl` could be built, `never` cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.warehouse import Warehouse, open_warehouse
from ingest.writer import BatchWriter
from tests.contract.servers import database, migrated_template, postgresql_server

ENGINES = ("duckdb", pytest.param("postgresql", marks=pytest.mark.postgres))


class Mark(NamedTuple):
    kind: Literal["notimpl", "never"]
    reason: str


MARKS: dict[tuple[str, str], Mark] = {
    ("duckdb", "several_processes"): Mark("never", "a DuckDB file belongs to one process; the others ask the server"),
    ("duckdb", "ids_of_old_days"): Mark("notimpl", "an id that comes again after thirty days with another day is not recognised"),
    ("postgresql", "file_access"): Mark("never", "the server's own rights decide which files SQL may read"),
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(feature): skipped, with the reason in MARKS, on engines that do not have it")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: sa.URL) -> Iterator[str]:
    with migrated_template(postgres_server) as name:
        yield name


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The engine under test; `@pytest.mark.needs("feature")` looks into MARKS."""
    for needed in request.node.iter_markers("needs"):
        if mark := MARKS.get((request.param, needed.args[0])):
            pytest.skip(f"{mark.kind} on {request.param}: {mark.reason}")
    return str(request.param)


@pytest.fixture
def empty_url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a warehouse without tables."""
    if engine == "duckdb":
        yield f"duckdb:///{tmp_path}/warehouse.duckdb"
        return
    with database(request.getfixturevalue("postgres_server")) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def url(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a warehouse with its tables and no rows."""
    if engine == "duckdb":
        path = f"duckdb:///{tmp_path}/migrated.duckdb"
        opened = open_warehouse(path)
        opened.migrate()
        opened.close()
        yield path
        return
    server, template = request.getfixturevalue("postgres_server"), request.getfixturevalue("postgres_template")
    with database(server, template) as made:
        yield made.render_as_string(hide_password=False)


@pytest.fixture
def warehouse(url: str) -> Iterator[Warehouse]:
    opened = open_warehouse(url)
    yield opened
    opened.close()


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(1, "acme", "Acme", time_zone="Europe/Paris")


@pytest.fixture
def writer(warehouse: Warehouse, tenant: Tenant) -> BatchWriter:
    return BatchWriter(warehouse, tenant)
