"""The warehouse: read by statement, written by transaction, the same on every engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access import schema
from data_access.dialects import DIALECTS, Dialect
from data_access.dialects.columns import conform
from data_access.dialects.dialect import Session
from data_access.dialects.frames import to_frame
from data_access.errors import QueryBudgetExceeded, SchemaMismatch, WarehouseError, WarehouseUnavailable
from data_access.migrations import warehouse as migrations

__all__ = [
    "QueryBudgetExceeded", "SchemaMismatch", "Transaction", "Warehouse", "WarehouseError", "WarehouseUnavailable", "open_warehouse",
]  # fmt: skip

DEFAULT_BUDGET = 20.0
_serials = count(1)


class Transaction:
    """All or nothing. Only the batch writer and what it calls hold one."""

    def __init__(self, dialect: Dialect, session: Session) -> None:
        self.engine = dialect.name
        self._compiler = dialect.compiler
        self._session = session
        self._afterwards: list[Callable[[Warehouse], None]] = []

    def append(self, table_name: str, rows: pa.Table) -> int:
        """Add rows to a table of the schema; absent columns become NULL. Raises BadColumn. The number of rows."""
        table = schema.metadata.tables[table_name]
        if rows.num_rows:
            self._session.append(table, conform(table, rows))
        return rows.num_rows

    def stage(self, name: str, rows: pa.Table) -> sa.TableClause:
        """Rows as a table that statements of this transaction can join; replaces an earlier one of that name."""
        return self._session.stage(name, rows)

    def whole_tables(self, *table_names: str) -> None:
        """What follows in this transaction joins whole tables, and these have grown much in it."""
        self._session.whole_tables([schema.metadata.tables[name] for name in table_names])

    def execute(self, statement: sa.Executable) -> int:
        """Run a statement; the number of rows it changed (-1 where the engine does not say)."""
        sql, values = self._compiler.compile(statement)
        return self._session.run(sql, values)

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        return to_frame(self.arrow(statement))

    def arrow(self, statement: sa.Executable) -> pa.Table:
        """The rows of a query as the engine's own Arrow types."""
        return self._session.fetch(*self._compiler.compile(statement))

    def on_commit(self, action: Callable[[Warehouse], None]) -> None:
        """Have `action` called once everything is written; never after a failure."""
        self._afterwards.append(action)

    def committed(self, warehouse: Warehouse) -> None:
        for action in self._afterwards:
            action(warehouse)


class Warehouse:
    """An open warehouse; safe to use from many threads. `engine` is "duckdb" or "postgresql"."""

    def __init__(self, dialect: Dialect, budget: float = DEFAULT_BUDGET, *, beside: Path | None = None) -> None:
        self.engine = dialect.name
        self.shared = dialect.shared  # other processes may write to it
        self.budget = budget
        self.serial = next(_serials)  # tells warehouses of one process apart, also after one is closed
        self._dialect = dialect
        self._beside = beside
        self._passing: TemporaryDirectory[str] | None = None

    @property
    def beside(self) -> Path:
        """The folder for what can always be derived again from the tables; one that ends with this object where nobody gave any."""
        if self._beside is None:
            self._passing = TemporaryDirectory(prefix="vigie-")
            self._beside = Path(self._passing.name)
        return self._beside

    def read(self, statement: sa.Executable, *, budget: float | None = None) -> pd.DataFrame:
        """The rows of a query, typed as `frames.to_frame` says.

        Raises QueryBudgetExceeded after `budget` seconds (default: the warehouse's), WarehouseUnavailable
        without a connection, SchemaMismatch where the tables are of another version.
        """
        sql, values = self._dialect.compiler.compile(statement)
        session = self._dialect.session()
        try:
            return to_frame(session.fetch(sql, values, budget or self.budget))
        except (QueryBudgetExceeded, WarehouseUnavailable):
            raise
        except WarehouseError:
            self.check()
            raise
        finally:
            session.close()

    def sql(self, statement: sa.Executable) -> str:
        """The statement as a reader sees it under “how this was computed”: values as literals."""
        return self._dialect.compiler.display(statement)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything inside is written together, or not at all. One writer at a time; others wait."""
        session = self._dialect.session(writing=True)
        try:
            session.begin()
            try:
                tx = Transaction(self._dialect, session)
                yield tx
                session.commit()
            except BaseException:
                session.rollback()
                raise
            tx.committed(self)
        finally:
            session.close()

    def migrate(self) -> list[str]:
        """Bring the tables up to this program's version; the names of the migrations applied now."""
        return migrations.migrate(self._dialect)

    def check(self) -> None:
        """Raise SchemaMismatch unless the tables are of this program's version."""
        migrations.check(self._dialect)

    def close(self) -> None:
        self._dialect.close()
        if self._passing is not None:
            self._passing.cleanup()


def open_warehouse(
    url: str, *, memory: str = "2GB", threads: int = 0, budget: float = DEFAULT_BUDGET, beside: Path | None = None
) -> Warehouse:
    """Open by URL: `duckdb:///file`, `duckdb:///:memory:`, `postgresql://user:password@host/database`.

    `memory` and `threads` (0 = one per core) bound the embedded engine; `beside` is the folder of what is derived from a server's
    tables (a file has its own: `<file>.lists`). Raises WarehouseUnavailable.
    """
    try:
        parsed = sa.make_url(url)
        dialect = DIALECTS[parsed.get_backend_name()]
    except (sa.exc.ArgumentError, KeyError):
        raise WarehouseUnavailable(f"WAREHOUSE_URL must begin with one of {', '.join(f'{name}://' for name in DIALECTS)}") from None
    if dialect is DIALECTS["duckdb"] and parsed.database and parsed.database != ":memory:":
        beside = Path(f"{parsed.database}.lists")
    return Warehouse(dialect.open(parsed, memory=memory, threads=threads), budget, beside=beside)
