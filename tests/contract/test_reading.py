"""What every engine promises a reader: types, values, budgets, and that text is only ever text."""

from __future__ import annotations

import threading
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa

from data_access.schema import events, samples
from data_access.warehouse import QueryBudgetExceeded, Warehouse, WarehouseError, WarehouseUnavailable, open_warehouse

HOSTILE = "'; DROP TABLE events; -- %s %(x)s $1 :name \\ \" ` ; é 😀 \u202e"


def put(warehouse: Warehouse, **columns: object) -> None:
    count = len(next(iter(columns.values())))  # type: ignore[arg-type]
    fixed = {"tenant": [1] * count, "id": [UUID(int=i).hex for i in range(count)], "ts": [datetime(2026, 1, 1)] * count}
    with warehouse.transaction() as tx:
        tx.append("events", pa.table({**fixed, "day": [date(2026, 1, 1)] * count, **columns}))


def test_types_of_a_frame(warehouse: Warehouse) -> None:
    put(warehouse, name=["a", "b"], value_minor=[2**53 + 1, -5], duration_ms=[1.5, 2.5], is_new_user=[True, False])
    e = events.c
    frame = warehouse.read(sa.select(e.id, e.ts, e.day, e.tenant, e.name, e.value_minor, e.duration_ms, e.is_new_user).order_by(e.name))
    kinds = [str(kind) for kind in frame.dtypes]
    assert kinds == ["str", "datetime64[us]", "datetime64[us]", "int64", "str", "int64", "float64", "bool"]
    assert frame["value_minor"].tolist() == [2**53 + 1, -5]
    assert frame["id"].tolist() == [str(UUID(int=0)), str(UUID(int=1))]


def test_types_of_aggregates_and_of_nothing(warehouse: Warehouse) -> None:
    e = events.c
    columns = sa.func.sum(e.value_minor), sa.func.count(), sa.func.avg(e.value_minor), sa.func.max(e.day), sa.func.min(e.name)
    empty = warehouse.read(sa.select(*columns).group_by(e.tenant))
    assert [str(kind) for kind in empty.dtypes] == ["float64", "int64", "float64", "datetime64[us]", "str"]
    put(warehouse, value_minor=[3, 4])
    assert warehouse.read(sa.select(*columns)).iloc[0].tolist()[:3] == [7.0, 2, 3.5]


def test_nulls_are_missing_and_empty_text_is_not(warehouse: Warehouse) -> None:
    put(warehouse, name=["", None], value_minor=[None, 1], duration_ms=[None, 2.0], properties=[None, '{"a": "x"}'])
    frame = warehouse.read(sa.select(events.c.name, events.c.value_minor, events.c.duration_ms).order_by(events.c.id))
    assert frame["name"].isna().tolist() == [False, True]
    assert frame["name"].iat[0] == ""
    assert str(frame["value_minor"].dtype) == "float64"
    assert frame["duration_ms"].isna().tolist() == [True, False]


def test_text_of_every_kind_comes_back_as_it_was(warehouse: Warehouse) -> None:
    texts = ["é 😀 مرحبا", 'quote " comma , newline \n tab \t', "\\.", "\\N", "NULL", HOSTILE, " lead and trail "]
    put(warehouse, name=texts)
    assert warehouse.read(sa.select(events.c.name).order_by(events.c.id))["name"].tolist() == texts


def test_hostile_text_is_data(warehouse: Warehouse) -> None:
    put(warehouse, name=[HOSTILE, "other"])
    found = warehouse.read(sa.select(sa.func.count().label("n")).where(events.c.name.in_([HOSTILE, "'"])))
    assert found["n"].tolist() == [1]
    assert len(warehouse.read(sa.select(events.c.id))) == 2


def test_shown_sql_answers_the_same(warehouse: Warehouse) -> None:
    put(warehouse, name=["100%", "it's", "x"])
    statement = sa.select(sa.func.count().label("n")).where(events.c.name.in_(["100%", "it's"]), events.c.day >= date(2026, 1, 1))
    shown = warehouse.sql(statement)
    assert "'100%'" in shown
    assert "'it''s'" in shown
    assert "2026-01-01" in shown
    assert warehouse.read(sa.text(shown.replace(":", "\\:")))["n"].tolist() == [2]


def test_values_of_a_cached_statement_are_not_shared(warehouse: Warehouse) -> None:
    put(warehouse, name=["a", "b", "b"])
    counts = [warehouse.read(sa.select(sa.func.count().label("n")).where(events.c.name == name))["n"].iat[0] for name in "abc"]
    assert counts == [1, 2, 0]


def test_a_long_query_is_stopped_at_its_budget(warehouse: Warehouse) -> None:
    numbers = "(SELECT * FROM generate_series(1, 100000000))"
    with pytest.raises(QueryBudgetExceeded, match=r"0\.2 s"):
        warehouse.read(sa.text(f"SELECT count(*) FROM {numbers} AS a, {numbers} AS b"), budget=0.2)
    assert warehouse.read(sa.select(sa.literal(1).label("one")))["one"].tolist() == [1]


def test_an_error_is_in_the_products_words(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError):
        warehouse.read(sa.text("SELECT nothing FROM nowhere"))


def test_many_readers_and_a_writer(warehouse: Warehouse) -> None:
    """Each reader sees whole batches only."""
    seen: list[int] = []
    failures: list[BaseException] = []

    def reads() -> None:
        try:
            for _ in range(20):
                seen.append(int(warehouse.read(sa.select(sa.func.count().label("n")).select_from(samples))["n"].iat[0]))
        except BaseException as error:
            failures.append(error)

    def writes() -> None:
        for batch in range(10):
            ids = [UUID(int=batch * 100 + i).hex for i in range(100)]
            rows = {"tenant": [1] * 100, "id": ids, "ts": [datetime(2026, 1, 1)] * 100, "day": [date(2026, 1, 1)] * 100}
            with warehouse.transaction() as tx:
                tx.append("samples", pa.table({k: v[:50] for k, v in rows.items()}))
                tx.append("samples", pa.table({k: v[50:] for k, v in rows.items()}))

    threads = [threading.Thread(target=reads) for _ in range(4)] + [threading.Thread(target=writes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert set(np.array(seen) % 100) == {0}
    assert warehouse.read(sa.select(sa.func.count().label("n")).select_from(samples))["n"].iat[0] == 1000


@pytest.mark.needs("file_access")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "COPY (SELECT 1) TO '{}/out.csv'",
        "ATTACH '{}/other.duckdb'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "SET memory_limit = '64GB'",
    ],
)
def test_sql_cannot_reach_files_or_settings(warehouse: Warehouse, tmp_path: Path, sql: str) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises((WarehouseError, WarehouseUnavailable)):
        warehouse.read(sa.text(sql.format(tmp_path)))
    assert {path.name for path in set(tmp_path.iterdir()) - before} <= {"migrated.duckdb.wal"}


def test_a_closed_or_absent_server_is_unavailable(engine: str, tmp_path: Path) -> None:
    gone = {"duckdb": f"duckdb:///{tmp_path}", "postgresql": "postgresql://nobody@127.0.0.1:9/none"}[engine]
    with pytest.raises(WarehouseUnavailable):
        open_warehouse(gone)


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(WarehouseUnavailable, match="duckdb://"):
        open_warehouse("mysql://host/db")


@pytest.mark.needs("several_processes")
def test_two_openings_write_in_turn(url: str, warehouse: Warehouse) -> None:
    other = open_warehouse(url)
    put(warehouse, name=["a"])
    assert other.read(sa.select(events.c.name))["name"].tolist() == ["a"]
    other.close()
