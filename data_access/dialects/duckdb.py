"""DuckDB: the embedded default. One process owns the file; one connection, a cursor per call."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import sqlalchemy as sa
from duckdb_sqlalchemy import Dialect as DuckDBAlchemy

from data_access.dialects.columns import alchemy_type
from data_access.dialects.compiling import Compiler
from data_access.dialects.dialect import Session, Values
from data_access.errors import QueryBudgetExceeded, WarehouseError, WarehouseUnavailable

ROW_GROUP = 122_880
LOG_SIZE = "48MB"  # a checkpoint stops the writer for a second or two; reading back a log of this size takes as long
STORAGE = "v1.4.0"  # the oldest DuckDB that can open the file; its way to store words is half again as fast to write


class DuckDB:
    """An open DuckDB file (or `:memory:`), locked down: no files, no network, no settings from SQL."""

    name: ClassVar[str] = "duckdb"
    shared: ClassVar[bool] = False
    compiler: ClassVar[Compiler] = Compiler(DuckDBAlchemy(paramstyle="numeric_dollar"), DuckDBAlchemy(paramstyle="named"))

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._writing = threading.Lock()

    @classmethod
    def open(cls, url: sa.URL, *, memory: str = "2GB", threads: int = 0) -> DuckDB:
        return cls(_open(url.database or ":memory:", memory, threads or os.cpu_count() or 1))

    def session(self, *, writing: bool = False) -> Session:
        if not writing:
            return DuckDBSession(self._cursor(), lambda: None)
        self._writing.acquire()
        try:
            return DuckDBSession(self._cursor(), self._writing.release)
        except BaseException:
            self._writing.release()
            raise

    def _cursor(self) -> Any:
        try:
            return self._connection.cursor()
        except duckdb.ConnectionException as error:
            raise WarehouseUnavailable("the warehouse is closed") from error

    def close(self) -> None:
        self._connection.close()


def _open(path: str, memory: str, threads: int) -> Any:
    settings: dict[str, Any] = {
        "memory_limit": memory,
        "threads": threads,
        "allow_community_extensions": "false",
        "storage_compatibility_version": STORAGE,
        "checkpoint_threshold": LOG_SIZE,
    }
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        settings["temp_directory"] = f"{path}.tmp"
    try:
        connection = duckdb.connect(path, config=settings)
    except (duckdb.IOException, duckdb.ConnectionException) as error:
        raise WarehouseUnavailable(_why_not_open(path, str(error))) from error
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _why_not_open(path: str, message: str) -> str:
    if "lock" in message:
        return f"another process has {path} open: a DuckDB file belongs to one process, so stop the other or ask the running server"
    return f"cannot open {path}: {message.splitlines()[0]}"


class DuckDBSession:
    """One cursor; see `Session`."""

    def __init__(self, cursor: Any, release: Callable[[], None]) -> None:
        self._cursor = cursor
        self._release = release

    def fetch(self, sql: str, values: Values, budget: float | None = None) -> pa.Table:
        with _translated(), _limited(self._cursor, budget):
            return self._cursor.execute(sql, values).to_arrow_table()

    def run(self, sql: str, values: Values = ()) -> int:
        with _translated():
            changed = self._cursor.execute(sql, values).fetchone()
        return int(changed[0]) if changed and isinstance(changed[0], int) else -1

    def script(self, sql: str) -> None:
        with _translated():
            self._cursor.execute(sql)

    def append(self, table: sa.Table, rows: pa.Table) -> None:
        names = ", ".join(f'"{name}"' for name in rows.column_names)
        # One chunk would be one thread's work.
        with _translated():
            self._cursor.register("incoming_rows", _once(rows, ROW_GROUP))
            try:
                self._cursor.execute(f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM incoming_rows')
            finally:
                self._cursor.unregister("incoming_rows")

    def stage(self, name: str, rows: pa.Table) -> sa.TableClause:
        # TRICKY: as a registered Arrow table it could not be joined on UUIDs; as a table it also has statistics.
        with _translated():
            self._cursor.register("incoming_rows", _once(rows))
            try:
                self._cursor.execute(f'CREATE OR REPLACE TEMPORARY TABLE "{name}" AS FROM incoming_rows')
            finally:
                self._cursor.unregister("incoming_rows")
        return sa.table(name, *(sa.column(field.name, alchemy_type(field.type)) for field in rows.schema))

    def whole_tables(self, tables: Sequence[sa.Table]) -> None:
        """Nothing to say: row counts are always known here."""

    def begin(self) -> None:
        self.run("BEGIN TRANSACTION")

    def commit(self) -> None:
        self.run("COMMIT")

    def rollback(self) -> None:
        self.run("ROLLBACK")

    def close(self) -> None:
        try:
            self._cursor.close()
        finally:
            self._release()


def _once(rows: pa.Table, most: int | None = None) -> pa.RecordBatchReader:
    """The rows for one reading.

    TRICKY: what is registered inside a transaction stays referenced until it ends, and a load of a hundred million events is one
    transaction: a reader that has been read holds nothing.
    """
    return pa.RecordBatchReader.from_batches(rows.schema, iter(rows.to_batches(max_chunksize=most)))


@contextmanager
def _limited(cursor: Any, budget: float | None) -> Iterator[None]:
    if budget is None:
        yield
        return
    timer = threading.Timer(budget, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise QueryBudgetExceeded(budget) from error
    finally:
        timer.cancel()


@contextmanager
def _translated() -> Iterator[None]:
    """The driver's errors in the product's words."""
    try:
        yield
    except (duckdb.IOException, duckdb.FatalException, duckdb.ConnectionException) as error:
        raise WarehouseUnavailable(str(error).splitlines()[0]) from error
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise WarehouseError(str(error)) from error
