"""PostgreSQL through psycopg: a pool of connections, COPY for rows, a statement time-out for budgets."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
import pyarrow as pa
import pyarrow.csv as arrow_csv
import sqlalchemy as sa
from psycopg.types.numeric import FloatLoader
from psycopg.types.string import TextLoader
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from data_access.dialects.columns import UUID, alchemy_type, hexed
from data_access.dialects.compiling import Compiler
from data_access.dialects.dialect import Session, Values
from data_access.errors import QueryBudgetExceeded, WarehouseError, WarehouseUnavailable

WRITER = 8_316_479  # the advisory lock of the one writer
ROWS_AT_ONCE = 65_536
SESSION = "-c timezone=UTC -c jit=off -c datestyle=ISO -c application_name=vigie"
TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(), 20: pa.int64(), 21: pa.int64(), 23: pa.int64(), 700: pa.float64(), 701: pa.float64(), 1700: pa.float64(),
    1082: pa.date32(), 1114: pa.timestamp("us"), 1184: pa.timestamp("us", "UTC"),
    25: pa.string(), 1043: pa.string(), 2950: pa.string(), 114: pa.string(), 3802: pa.string(),
}  # fmt: skip


def _alchemy(**options: str) -> sa.engine.Dialect:
    dialect: sa.engine.Dialect = PGDialect_psycopg(**options)  # type: ignore[no-untyped-call]
    return dialect


class PostgreSQL:
    """A PostgreSQL database; other processes may read and write it too."""

    name: ClassVar[str] = "postgresql"
    shared: ClassVar[bool] = True
    compiler: ClassVar[Compiler] = Compiler(_alchemy(), _alchemy(paramstyle="named"))

    def __init__(self, pool: sa.Engine) -> None:
        self._pool = pool

    @classmethod
    def open(cls, url: sa.URL, *, memory: str = "", threads: int = 0) -> PostgreSQL:
        pool = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=8,
            max_overflow=24,
            connect_args={"options": SESSION, "connect_timeout": 5},
        )
        sa.event.listen(pool, "connect", _prepare)
        opened = cls(pool)
        opened.session().close()
        return opened

    def session(self, *, writing: bool = False) -> Session:
        try:
            connection = self._pool.raw_connection()
        except (sa.exc.DBAPIError, sa.exc.TimeoutError, psycopg.Error) as error:
            raise WarehouseUnavailable(f"PostgreSQL does not answer: {_first_line(error)}") from error
        session = PostgreSQLSession(connection)
        if writing:
            session.take_turn()
        return session

    def close(self) -> None:
        self._pool.dispose()


def _prepare(connection: Any, record: Any) -> None:
    """Every new connection: statements stand alone, and texts stay texts."""
    connection.autocommit = True
    for kind in ("uuid", "json", "jsonb"):
        connection.adapters.register_loader(kind, TextLoader)
    connection.adapters.register_loader("numeric", FloatLoader)


class PostgreSQLSession:
    """One pooled connection; see `Session`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._writing = False

    def take_turn(self) -> None:
        """Wait to be the one writer; the turn ends with the session, also when its process dies."""
        try:
            self._limit(0)
            self.run(f"SELECT pg_advisory_lock({WRITER})")
            self._writing = True
        except BaseException:
            self._connection.invalidate()
            raise

    def fetch(self, sql: str, values: Values, budget: float | None = None) -> pa.Table:
        with self._translated(budget):
            self._limit(int((budget or 0) * 1000))
            cursor = self._connection.driver_connection.execute(sql, values)
            return _table(cursor.description, cursor.fetchall())

    def run(self, sql: str, values: Values = ()) -> int:
        with self._translated():
            return int(self._connection.driver_connection.execute(sql, values or None).rowcount)

    def script(self, sql: str) -> None:
        with self._translated():
            self._connection.driver_connection.execute(sql)

    def append(self, table: sa.Table, rows: pa.Table) -> None:
        with self._translated():
            self._copy(table.name, rows)

    def stage(self, name: str, rows: pa.Table) -> sa.TableClause:
        columns = [sa.column(field.name, alchemy_type(field.type)) for field in rows.schema]
        kinds = ", ".join(f'"{c.name}" {c.type.compile(dialect=PostgreSQL.compiler.dialect)}' for c in columns)
        with self._translated():
            run = self._connection.driver_connection.execute
            run(f'DROP TABLE IF EXISTS pg_temp."{name}"')
            run(f'CREATE TEMPORARY TABLE "{name}" ({kinds}) ON COMMIT DROP')
            self._copy(name, rows)
            run(f'ANALYZE pg_temp."{name}"')
        return sa.table(name, *columns)

    def whole_tables(self, tables: Sequence[sa.Table]) -> None:
        # The planner cannot guess how many rows a window leaves, expects few and picks nested loops: minutes for seconds.
        self.run("SET LOCAL enable_nestloop = off")
        for table in tables:
            self.run(f'ANALYZE "{table.name}"')

    def _copy(self, name: str, rows: pa.Table) -> None:
        names = ", ".join(f'"{column}"' for column in rows.column_names)
        with self._connection.driver_connection.cursor().copy(f'COPY "{name}" ({names}) FROM STDIN (FORMAT csv)') as copy:
            for batch in _written(rows).to_batches(max_chunksize=ROWS_AT_ONCE):
                sink = io.BytesIO()
                arrow_csv.write_csv(batch, sink, arrow_csv.WriteOptions(include_header=False))
                copy.write(sink.getbuffer())

    def begin(self) -> None:
        self.run("BEGIN")

    def commit(self) -> None:
        self.run("COMMIT")

    def rollback(self) -> None:
        # A lost connection has rolled back already; hiding its error would hide why.
        if not self._connection.is_valid or self._connection.driver_connection.closed:
            return
        self.run("ROLLBACK")

    def close(self) -> None:
        try:
            if self._writing and self._connection.is_valid and not self._connection.driver_connection.closed:
                self.run(f"SELECT pg_advisory_unlock({WRITER})")
        finally:
            self._connection.close()

    def _limit(self, milliseconds: int) -> None:
        """The connection's statement time-out, told to the server only when it changes."""
        if self._connection.info.get("limit") != milliseconds:
            self._connection.driver_connection.execute(f"SET statement_timeout = {milliseconds}")
            self._connection.info["limit"] = milliseconds

    @contextmanager
    def _translated(self, budget: float | None = None) -> Iterator[None]:
        """The driver's errors in the product's words."""
        try:
            yield
        except psycopg.errors.QueryCanceled as error:
            raise QueryBudgetExceeded(budget or 0) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._connection.invalidate()
            raise WarehouseUnavailable(f"PostgreSQL does not answer: {_first_line(error)}") from error
        except psycopg.Error as error:
            raise WarehouseError(str(error)) from error


def _table(description: Any, rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows as Arrow columns typed by the server's own types, so an empty answer has them too."""
    columns = list(zip(*rows, strict=True)) or [()] * len(description or ())
    arrays = [pa.array(values, TYPES.get(column.type_code)) for column, values in zip(description or (), columns, strict=True)]
    return pa.Table.from_arrays(arrays, names=[column.name for column in description or ()])


def _written(rows: pa.Table) -> pa.Table:
    """Columns in the types the CSV writer knows."""
    columns = []
    for column in rows.columns:
        if column.type == UUID:
            column = hexed(column)
        elif pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        columns.append(column)
    return pa.table(columns, names=rows.column_names)


def _first_line(error: BaseException) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
