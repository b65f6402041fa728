"""The warehouse engines, by the first word of their URL."""

from __future__ import annotations

from data_access.dialects.dialect import Dialect
from data_access.dialects.duckdb import DuckDB
from data_access.dialects.postgresql import PostgreSQL

DIALECTS: dict[str, type[Dialect]] = {"duckdb": DuckDB, "postgresql": PostgreSQL}

__all__ = ["DIALECTS", "Dialect"]
