"""SQLAlchemy statements to SQL and values, compiled once per shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import LRUCache

Statement = sa.Executable


class Compiler:
    """Compiles for one engine. Values are always bound, never written into the SQL.

    `dialect` compiles for execution, `shown` for a reader (its parameter style must not double percent signs).
    """

    def __init__(self, dialect: sa.engine.Dialect, shown: sa.engine.Dialect) -> None:
        self.dialect = dialect
        self.shown = shown
        self._cache: Any = LRUCache(500)

    def compile(self, statement: Statement) -> tuple[str, list[Any] | dict[str, Any]]:
        """(sql, values): values in order for positional engines, by name otherwise."""
        compiled, extracted, _, _ = statement._compile_w_cache(self.dialect, compiled_cache=self._cache, column_keys=[])
        if not isinstance(compiled, SQLCompiler):
            return str(compiled), []
        values = compiled.construct_params(extracted_parameters=extracted, escape_names=False)
        return _expanded(compiled, dict(values))

    def display(self, statement: Statement) -> str:
        """The SQL for people, with values written as literals; never executed."""
        try:
            return str(statement.compile(dialect=self.shown, compile_kwargs={"literal_binds": True}))  # type: ignore[attr-defined]
        except (sa.exc.CompileError, NotImplementedError):
            compiled = statement.compile(dialect=self.shown)  # type: ignore[attr-defined]
            notes = "".join(f"\n-- :{name} = {value!r}" for name, value in compiled.params.items())
            return f"{compiled}{notes}"


def _expanded(compiled: SQLCompiler, values: dict[str, Any]) -> tuple[str, list[Any] | dict[str, Any]]:
    """IN lists take their length, and each value the engine's own form."""
    processors: dict[str, Any] = dict(compiled._bind_processors)
    sql: str = compiled.string
    order: Sequence[str] | None = compiled.positiontup
    if compiled._render_postcompile or compiled.post_compile_params or compiled.literal_execute_params:
        state = compiled._process_parameters_for_postcompile(values)
        sql, order, values = state.statement, state.positiontup, dict(state.parameters)
        processors.update(state.processors)
    bound = {name: processors[name](value) if name in processors else value for name, value in values.items()}
    if compiled.positional:
        return sql, [bound[name] for name in order or ()]
    names = compiled.escaped_bind_names
    return sql, {names.get(name, name): value for name, value in bound.items()}
