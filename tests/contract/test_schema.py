"""The numbered migrations give the tables of data_access/schema, on each engine; a killed one is taken up again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.migrations import warehouse as migrations
from data_access.warehouse import SchemaMismatch, Warehouse, WarehouseError, open_warehouse

SPOKEN = {  # information_schema's words for the schema's types
    "BIGINT": "whole", "bigint": "whole", "INTEGER": "integer", "integer": "integer", "DOUBLE": "number", "double precision": "number",
    "VARCHAR": "text", "text": "text", "BOOLEAN": "flag", "boolean": "flag",
    "TIMESTAMP": "instant", "timestamp without time zone": "instant",
    "DATE": "date", "date": "date", "UUID": "uuid", "uuid": "uuid", "JSON": "json", "jsonb": "json",
}  # fmt: skip
MEANT: tuple[tuple[type, str], ...] = (
    (sa.Uuid, "uuid"), (sa.JSON, "json"), (sa.Double, "number"), (sa.BigInteger, "whole"), (sa.Integer, "integer"),
    (sa.Boolean, "flag"), (sa.DateTime, "instant"), (sa.Date, "date"), (sa.Text, "text"),
)  # fmt: skip


def reflected(warehouse: Warehouse) -> dict[str, list[tuple[str, str, bool]]]:
    rows = warehouse.read(
        sa.text(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema IN ('main', 'public') ORDER BY table_name, ordinal_position"
        )
    )
    tables: dict[str, list[tuple[str, str, bool]]] = {}
    for row in rows.itertuples():
        tables.setdefault(row.table_name, []).append((row.column_name, SPOKEN.get(row.data_type, row.data_type), row.is_nullable == "YES"))
    return tables


def test_migrations_equal_the_schema(warehouse: Warehouse) -> None:
    expected = {
        table.name: [(c.name, next(word for kind, word in MEANT if isinstance(c.type, kind)), c.nullable) for c in table.columns]
        for table in schema.metadata.tables.values()
    }
    found = reflected(warehouse)
    del found["schema_migrations"]
    assert found == expected


def test_migrating_twice_applies_nothing_more(warehouse: Warehouse) -> None:
    assert warehouse.migrate() == []
    warehouse.check()


def test_reading_before_migrating_names_the_command(empty_url: str) -> None:
    opened = open_warehouse(empty_url)
    with pytest.raises(SchemaMismatch, match="vigie serve"):
        opened.read(sa.select(schema.events.c.id))
    opened.close()


def test_a_newer_warehouse_is_refused(warehouse: Warehouse) -> None:
    with warehouse.transaction() as tx:
        row = {"version": 99, "name": "0099_future", "checksum": "x", "applied_at": sa.func.localtimestamp()}
        tx.execute(sa.insert(migrations.schema_migrations).values(row))
    with pytest.raises(SchemaMismatch, match="update it"):
        warehouse.migrate()


def test_an_edited_migration_is_refused(warehouse: Warehouse) -> None:
    with warehouse.transaction() as tx:
        tx.execute(sa.update(migrations.schema_migrations).values(checksum="other"))
    with pytest.raises(SchemaMismatch, match="edited"):
        warehouse.migrate()


def test_a_failing_migration_leaves_the_one_before(empty_url: str, engine: str, tmp_path: Path) -> None:
    folder = tmp_path / engine
    folder.mkdir()
    (folder / "0001_good.sql").write_text("CREATE TABLE first (a INTEGER);")
    (folder / "0002_bad.sql").write_text("CREATE TABLE second (a INTEGER); CREATE TABLE first (a INTEGER);")
    opened = open_warehouse(empty_url)
    with pytest.raises(WarehouseError):
        migrations.migrate(opened._dialect, tmp_path)
    assert set(reflected(opened)) == {"first", "schema_migrations"}
    (folder / "0002_bad.sql").write_text("CREATE TABLE second (a INTEGER);")
    assert migrations.migrate(opened._dialect, tmp_path) == ["0002_bad"]
    opened.close()


KILLED = """
import os, sys
from data_access.dialects import DIALECTS
from data_access.migrations import warehouse as migrations
from data_access.warehouse import open_warehouse
opened = open_warehouse(sys.argv[1])
session_type = type(opened._dialect.session())
script = session_type.script
def dies(self, sql):
    script(self, sql)
    os.kill(os.getpid(), 9)
session_type.script = dies
opened.migrate()
"""


def test_a_migration_killed_half_way_is_taken_up_again(empty_url: str) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", KILLED, empty_url], cwd=root, check=False, capture_output=True, timeout=60)
    assert done.returncode == -9
    opened = open_warehouse(empty_url)
    assert set(reflected(opened)) <= {"schema_migrations"}
    assert opened.migrate()[0] == "0001_tables"
    opened.check()
    opened.close()
