"""The demonstration at its smallest scale, on each engine: what hand-written check queries and `run` must agree on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import sqlalchemy as sa

from accounts.actor import Actor, Tenant
from analytics.query import Query
from analytics.result import Result
from analytics.run import cache, run
from data_access.connections import connected
from data_access.warehouse import Warehouse, open_warehouse
from demo.business import SCALES
from demo.load import create
from ingest.writer import BatchWriter
from tests.contract.servers import database, postgresql_server

ENGINES = ("duckdb", pytest.param("postgresql", marks=pytest.mark.postgres))
END = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Demo:
    """A warehouse with both companies; `sql` reads it around the product, `ask` through it."""

    warehouse: Warehouse

    def sql(self, text: str) -> pd.DataFrame:
        return self.warehouse.read(sa.text(text))

    def ask(self, query: Query, tenant: Tenant, now: datetime = NOW) -> Result:
        return run(query, Actor("checker", "Checker", tenant, frozenset({"admin"})), now)


@contextmanager
def _url(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if engine == "duckdb":
        yield f"duckdb:///{tmp_path_factory.mktemp('demo')}/demo.duckdb"
        return
    with postgresql_server() as server, database(server) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture(scope="session", params=ENGINES)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with _url(request.param, tmp_path_factory) as url:
        house = open_warehouse(url)
        house.migrate()
        create(house, BatchWriter, SCALES["small"], END, now=NOW)
        yield Demo(house)
        house.close()


@pytest.fixture(autouse=True)
def _asked(demo: Demo) -> Iterator[None]:
    """`run` reads this warehouse, and computes every answer anew."""
    cache().clear()
    with connected(warehouse=demo.warehouse):
        yield
