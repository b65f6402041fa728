"""The warehouse engines, by the first word of their URL."""

from __future__ import annotations

from data_access.dialects.dialect import Dialect
from data_access.dialects.duckdb import DuckDB

DIALECTS: dict[str, type[Dialect]] = {"duckdb": DuckDB}

__all__ = ["DIALECTS", "Dialect"]
