"""A fact's values in the types of its table, or a reason why not. What the warehouse derives is not taken from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import sqlalchemy as sa

from data_access import schema
from ingest.decode_instants import instant_of
from ingest.decode_values import BadEvent, Cleaner, number_of, whole_of

# Given by the writer, whatever a client says.
DERIVED = frozenset({"tenant", "day", "seq", "received_at", "user_key", "account_key", "session_key", "is_new_user", "is_new_session"})
SOURCE_IDS = ("user_id", "account_id")
TABLES = {name: table for name, table in {**schema.FACTS, **schema.DIMENSION_TABLES}.items() if name not in ("sessions", "fx_rates")}
Check = Callable[[Any, str, Cleaner], Any]


def _text(value: Any, name: str, cleaner: Cleaner) -> str | None:
    if type(value) is not str:
        if type(value) is not int:
            raise BadEvent(f"{name} must be a text")
        value = str(value)
    return cleaner.text(value) or None


def _flag(value: Any, name: str, _cleaner: Cleaner) -> bool:
    if type(value) is not bool:
        raise BadEvent(f"{name} must be true or false")
    return value


def _json(value: Any, name: str, cleaner: Cleaner) -> str | None:
    clean = cleaner.value(value) if type(value) is list else cleaner.object(value, name)
    return orjson.dumps(clean).decode() if clean else None


def _whole(value: Any, name: str, _cleaner: Cleaner) -> int | None:
    return whole_of(value, name)


def _number(value: Any, name: str, _cleaner: Cleaner) -> float | None:
    return number_of(value, name)


def _instant(value: Any, name: str, _cleaner: Cleaner) -> int | None:
    return instant_of(value, name)


def _of(kind: sa.types.TypeEngine[Any]) -> Check:
    """The check of a column's type."""
    for types, check in (
        (sa.Boolean, _flag), (sa.Integer, _whole), (sa.Double, _number), (sa.DateTime, _instant), (sa.JSON, _json),
    ):  # fmt: skip
        if isinstance(kind, types):
            return check
    return _text


def _columns(table: sa.Table) -> dict[str, Check]:
    taken = {c.name: _of(c.type) for c in table.c if c.name not in DERIVED and not c.name.endswith("_base_minor")}
    for name in ("id", *SOURCE_IDS):
        taken[name] = _text
    return {**taken, "ts": _instant}


COLUMNS: dict[str, dict[str, Check]] = {name: _columns(table) for name, table in TABLES.items()}


def checked(table: str, row: dict[str, Any], cleaner: Cleaner) -> dict[str, Any]:
    """The row without its empty values, instants in microseconds, documents as text. Raises BadEvent."""
    columns = COLUMNS[table]
    kept: dict[str, Any] = {}
    for name, value in row.items():
        if value is None:
            continue
        check = columns.get(name)
        if check is None:
            raise BadEvent(f"{name} is not a field of {table}")
        if (fit := check(value, name, cleaner)) is not None:
            kept[name] = fit
    return kept
