"""SQL functions that read the same on every engine.

TRICKY: an element's values must be clauses, never plain attributes: two elements that differ only in an attribute would
share SQLAlchemy's compiled-statement cache entry.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _LocalTime(FunctionElement[Any]):
    """local_time(ts, zone): a naive UTC instant as wall-clock time in the zone."""

    type = sa.DateTime()
    name = "local_time"
    inherit_cache = True


class _JsonText(FunctionElement[Any]):
    """json_text(document, key, path): the value of a top-level key as text; NULL where absent or null."""

    type = sa.Text()
    name = "json_text"
    inherit_cache = True


class _TryNumber(FunctionElement[Any]):
    """try_number(text): the text as a number, NULL where it is none."""

    type = sa.Double()
    name = "try_number"
    inherit_cache = True


class _DaysBetween(FunctionElement[Any]):
    """days_between(from_day, to_day): whole days from one DATE to another."""

    type = sa.BigInteger()
    name = "days_between"
    inherit_cache = True


class _SecondsBetween(FunctionElement[Any]):
    """seconds_between(from_ts, to_ts): seconds with fraction from one instant to another."""

    type = sa.Double()
    name = "seconds_between"
    inherit_cache = True


def local_time(ts: Any, zone: str) -> sa.ColumnElement[Any]:
    return _LocalTime(ts, sa.literal(zone, sa.Text))


def json_text(document: Any, key: str) -> sa.ColumnElement[Any]:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return _JsonText(document, sa.literal(key, sa.Text), sa.literal(f'$."{escaped}"', sa.Text))


def try_number(text: Any) -> sa.ColumnElement[Any]:
    return _TryNumber(text)


def days_between(first: Any, last: Any) -> sa.ColumnElement[Any]:
    return _DaysBetween(first, last)


def seconds_between(first: Any, last: Any) -> sa.ColumnElement[Any]:
    return _SecondsBetween(first, last)


def add_days(day: Any, days: Any) -> sa.ColumnElement[Any]:
    """A DATE moved by whole days."""
    return sa.type_coerce(sa.cast(day, sa.Date).op("+")(sa.cast(days, sa.Integer)), sa.Date())


def bucket_day(day: Any, grain: str, week_start: int = 0) -> sa.ColumnElement[Any]:
    """The first day of the bucket (day to year) that holds a DATE; weeks begin on `week_start` (0 = Monday)."""
    if grain == "day":
        return sa.cast(day, sa.Date)
    if grain == "week" and week_start:
        return add_days(_truncated(add_days(day, -week_start), grain), week_start)
    return _truncated(day, grain)


def _truncated(day: Any, grain: str) -> sa.ColumnElement[Any]:
    # TRICKY: PostgreSQL would otherwise read a DATE as a timestamp with time zone.
    return sa.cast(sa.func.date_trunc(sa.literal_column(f"'{grain}'"), sa.cast(day, sa.DateTime)), sa.Date)


def bucket_hour(ts: Any, zone: str) -> sa.ColumnElement[Any]:
    """The start of the wall-clock hour in the zone that holds a naive UTC instant."""
    return sa.type_coerce(sa.func.date_trunc(sa.literal_column("'hour'"), local_time(ts, zone)), sa.DateTime())


def median(value: Any) -> sa.ColumnElement[Any]:
    """The exact median, the mean of the two middle values when there is an even number."""
    return sa.func.percentile_cont(0.5).within_group(value)


def _args(element: FunctionElement[Any], compiler: Any, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(_LocalTime)
def _local_time_sql(element: _LocalTime, compiler: Any, **kw: Any) -> str:
    ts, zone = _args(element, compiler, **kw)
    return f"(({ts} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"


@compiles(_LocalTime, "clickhousedb")
def _local_time_clickhouse(element: _LocalTime, compiler: Any, **kw: Any) -> str:
    ts, zone = _args(element, compiler, **kw)
    return f"toTimeZone(toDateTime64({ts}, 6, 'UTC'), {zone})"


@compiles(_JsonText)
def _json_text_sql(element: _JsonText, compiler: Any, **kw: Any) -> str:
    document, _, path = list(element.clauses)
    return f"json_extract_string({compiler.process(document, **kw)}, {compiler.process(path, **kw)})"


@compiles(_JsonText, "postgresql")
def _json_text_postgresql(element: _JsonText, compiler: Any, **kw: Any) -> str:
    document, key, _ = list(element.clauses)
    return f"jsonb_extract_path_text({compiler.process(document, **kw)}, {compiler.process(key, **kw)})"


@compiles(_JsonText, "clickhousedb")
def _json_text_clickhouse(element: _JsonText, compiler: Any, **kw: Any) -> str:
    document, key, _ = list(element.clauses)
    return f"nullIf(JSONExtractString({compiler.process(document, **kw)}, {compiler.process(key, **kw)}), '')"


@compiles(_TryNumber)
def _try_number_sql(element: _TryNumber, compiler: Any, **kw: Any) -> str:
    return f"TRY_CAST({_args(element, compiler, **kw)[0]} AS DOUBLE)"


@compiles(_TryNumber, "postgresql")
def _try_number_postgresql(element: _TryNumber, compiler: Any, **kw: Any) -> str:
    (text,) = _args(element, compiler, **kw)
    pattern = r"^\s*[+-]?(\d+\.?\d{0,300}|\.\d+)([eE][+-]?\d{1,2})?\s*$"
    return f"(CASE WHEN {text} ~ '{pattern}' THEN CAST({text} AS DOUBLE PRECISION) END)"


@compiles(_TryNumber, "clickhousedb")
def _try_number_clickhouse(element: _TryNumber, compiler: Any, **kw: Any) -> str:
    return f"toFloat64OrNull({_args(element, compiler, **kw)[0]})"


@compiles(_DaysBetween)
def _days_between_sql(element: _DaysBetween, compiler: Any, **kw: Any) -> str:
    first, last = _args(element, compiler, **kw)
    return f"(CAST({last} AS DATE) - CAST({first} AS DATE))"


@compiles(_DaysBetween, "clickhousedb")
def _days_between_clickhouse(element: _DaysBetween, compiler: Any, **kw: Any) -> str:
    first, last = _args(element, compiler, **kw)
    return f"dateDiff('day', {first}, {last})"


@compiles(_SecondsBetween)
def _seconds_between_sql(element: _SecondsBetween, compiler: Any, **kw: Any) -> str:
    first, last = _args(element, compiler, **kw)
    return f"(EXTRACT(EPOCH FROM {last}) - EXTRACT(EPOCH FROM {first}))"


@compiles(_SecondsBetween, "clickhousedb")
def _seconds_between_clickhouse(element: _SecondsBetween, compiler: Any, **kw: Any) -> str:
    first, last = _args(element, compiler, **kw)
    return f"(dateDiff('microsecond', {first}, {last}) / 1000000)"
