"""What an engine must be able to do. `tests/contract` runs the same suite over each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import pyarrow as pa
import sqlalchemy as sa

from data_access.dialects.compiling import Compiler

Values = Sequence[Any] | dict[str, Any]


class Session(Protocol):
    """One connection, used by one thread at a time. Outside begin/commit every statement stands alone."""

    def fetch(self, sql: str, values: Values, budget: float | None = None) -> pa.Table:
        """The rows of a query; raises QueryBudgetExceeded after `budget` seconds (None: no limit)."""
        ...

    def run(self, sql: str, values: Values = ()) -> int:
        """Execute one statement; the number of rows it changed, -1 where the engine does not say."""
        ...

    def script(self, sql: str) -> None:
        """Execute several statements separated by semicolons."""
        ...

    def append(self, table: sa.Table, rows: pa.Table) -> None:
        """Add rows; columns absent from `rows` become NULL. `rows` is already cast by `columns.conform`."""
        ...

    def stage(self, name: str, rows: pa.Table) -> sa.TableClause:
        """Rows as a temporary table of this session, typed from Arrow."""
        ...

    def whole_tables(self, tables: Sequence[sa.Table]) -> None:
        """The rest of this transaction joins whole tables, and these have grown in it: the planner should know."""
        ...

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class Dialect(Protocol):
    """An engine, opened by URL."""

    name: ClassVar[str]
    shared: ClassVar[bool]  # True where other processes may write at the same time
    compiler: ClassVar[Compiler]

    @classmethod
    def open(cls, url: sa.URL, *, memory: str, threads: int) -> Dialect:
        """Connect; raises WarehouseUnavailable. `memory` and `threads` bound an embedded engine."""
        ...

    def session(self, *, writing: bool = False) -> Session:
        """A connection; one that writes waits for its turn, so that there is one writer at a time."""
        ...

    def close(self) -> None: ...
