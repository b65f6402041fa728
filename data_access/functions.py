"""SQL functions that read the same on every engine.

TRICKY: an element's values must be clauses, never plain attributes: two elements that differ only in an attribute would
share SQLAlchemy's compiled-statement cache entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class LocalTime(FunctionElement[Any]):
    """local_time(ts, zone): a naive UTC instant as wall-clock time in the zone."""

    type = sa.DateTime()
    name = "local_time"
    inherit_cache = True


class JsonText(FunctionElement[Any]):
    """json_text(document, key, path): the value of a top-level key as text; NULL where absent or null."""

    type = sa.Text()
    name = "json_text"
    inherit_cache = True


class TryNumber(FunctionElement[Any]):
    """try_number(text): the text as a number, NULL where it is none."""

    type = sa.Double()
    name = "try_number"
    inherit_cache = True


class DaysBetween(FunctionElement[Any]):
    """days_between(from_day, to_day): whole days from one DATE to another."""

    type = sa.BigInteger()
    name = "days_between"
    inherit_cache = True


class SecondsBetween(FunctionElement[Any]):
    """seconds_between(from_ts, to_ts): seconds with fraction from one instant to another."""

    type = sa.Double()
    name = "seconds_between"
    inherit_cache = True


class Shifted(FunctionElement[Any]):
    """shifted(ts, seconds): an instant moved by whole seconds."""

    type = sa.DateTime()
    name = "shifted"
    inherit_cache = True


class Median(FunctionElement[Any]):
    type = sa.Double()
    name = "median"
    inherit_cache = True


class DistinctList(FunctionElement[Any]):
    type = sa.Text()
    name = "distinct_list"
    inherit_cache = True


class Position(FunctionElement[Any]):
    type = sa.BigInteger()
    name = "position"
    inherit_cache = True


class IsoWeekday(FunctionElement[Any]):
    type = sa.Integer()
    name = "iso_weekday"
    inherit_cache = True


class Bits(sa.types.TypeDecorator[bytes]):
    """Flags packed eight to a byte, the first in the highest bit; for a reader only how many are set."""

    impl = sa.LargeBinary
    cache_ok = True

    def literal_processor(self, dialect: sa.Dialect) -> Any:
        return lambda value: f"/* {int.from_bytes(value).bit_count()} of {len(value) * 8} */ '…'"


class HasBit(FunctionElement[Any]):
    """has_bit(bits, number): whether the flag of that number is set; an error beyond the last."""

    type = sa.Boolean()
    name = "has_bit"
    inherit_cache = True


def has_bit(bits: Any, number: Any) -> sa.ColumnElement[Any]:
    return HasBit(bits, number)


def local_time(ts: Any, zone: str) -> sa.ColumnElement[Any]:
    return LocalTime(ts, sa.literal(zone, sa.Text))


def wall_clock(ts: Any, offsets: Sequence[tuple[datetime, int]]) -> sa.ColumnElement[Any]:
    """A naive UTC instant as wall-clock time, by the zone's offsets: [(until this instant, seconds east of UTC), …].

    The same as `local_time` up to the last instant given, at a fraction of its cost: the engine adds instead of
    looking up time-zone rules for each row.
    """
    moved = [Shifted(ts, sa.literal(seconds, sa.BigInteger)) for _, seconds in offsets]
    if len(offsets) == 1:
        return moved[0]
    cases = [(ts < until, value) for (until, _), value in zip(offsets[:-1], moved, strict=False)]
    return sa.case(*cases, else_=moved[-1])


def json_text(document: Any, key: str) -> sa.ColumnElement[Any]:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return JsonText(document, sa.literal(key, sa.Text), sa.literal(f'$."{escaped}"', sa.Text))


def try_number(text: Any) -> sa.ColumnElement[Any]:
    return TryNumber(text)


def days_between(first: Any, last: Any) -> sa.ColumnElement[Any]:
    return DaysBetween(first, last)


def seconds_between(first: Any, last: Any) -> sa.ColumnElement[Any]:
    return SecondsBetween(first, last)


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
    return Median(value)


def distinct_list(text: Any, separator: str = ",") -> sa.ColumnElement[Any]:
    """The distinct values joined by the separator, in no particular order; NULL when there are none."""
    return DistinctList(text, sa.literal(separator, sa.Text))


def position(text: Any, part: Any) -> sa.ColumnElement[Any]:
    """Where `part` begins in `text`, from 1; 0 where it does not occur."""
    return Position(text, part)


def iso_weekday(day: Any) -> sa.ColumnElement[Any]:
    """1 = Monday … 7 = Sunday, of a DATE."""
    return IsoWeekday(sa.cast(day, sa.DateTime))


def args(element: FunctionElement[Any], compiler: Any, **kw: Any) -> list[str]:
    return [compiler.process(clause, **kw) for clause in element.clauses]


@compiles(LocalTime)
def _local_time_sql(element: LocalTime, compiler: Any, **kw: Any) -> str:
    ts, zone = args(element, compiler, **kw)
    return f"(({ts} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"


@compiles(JsonText)
def _json_text_sql(element: JsonText, compiler: Any, **kw: Any) -> str:
    document, _, path = list(element.clauses)
    return f"json_extract_string({compiler.process(document, **kw)}, {compiler.process(path, **kw)})"


@compiles(JsonText, "postgresql")
def _json_text_postgresql(element: JsonText, compiler: Any, **kw: Any) -> str:
    document, key, _ = list(element.clauses)
    return f"jsonb_extract_path_text({compiler.process(document, **kw)}, {compiler.process(key, **kw)})"


@compiles(TryNumber)
def _try_number_sql(element: TryNumber, compiler: Any, **kw: Any) -> str:
    # TRICKY: the words NaN and Infinity are numbers to DuckDB, and NaN is greater than every other. So is 1_000.
    number = f"TRY_CAST(replace({args(element, compiler, **kw)[0]}, '_', '?') AS DOUBLE)"
    return f"(CASE WHEN isfinite({number}) THEN {number} END)"


@compiles(TryNumber, "postgresql")
def _try_number_postgresql(element: TryNumber, compiler: Any, **kw: Any) -> str:
    (text,) = args(element, compiler, **kw)
    # TRICKY: a cast beyond what a double holds is an error, and this engine's expressions count to 255 at most.
    pattern = r"^\s*[+-]?(\d{1,200}(\.\d{0,200})?|\.\d{1,200})([eE][+-]?\d{1,2})?\s*$"
    return f"(CASE WHEN {text} ~ '{pattern}' THEN CAST({text} AS DOUBLE PRECISION) END)"


@compiles(DaysBetween)
def _days_between_sql(element: DaysBetween, compiler: Any, **kw: Any) -> str:
    first, last = args(element, compiler, **kw)
    return f"(CAST({last} AS DATE) - CAST({first} AS DATE))"


@compiles(SecondsBetween)
def _seconds_between_sql(element: SecondsBetween, compiler: Any, **kw: Any) -> str:
    first, last = args(element, compiler, **kw)
    return f"(EXTRACT(EPOCH FROM {last}) - EXTRACT(EPOCH FROM {first}))"


@compiles(SecondsBetween, "duckdb")
def _seconds_between_duckdb(element: SecondsBetween, compiler: Any, **kw: Any) -> str:
    first, last = args(element, compiler, **kw)
    # TRICKY: here EXTRACT gives a double, and the difference of two of them is off by up to a quarter of a microsecond.
    return f"((epoch_us({last}) - epoch_us({first})) / 1e6)"


@compiles(Shifted)
def _shifted_sql(element: Shifted, compiler: Any, **kw: Any) -> str:
    ts, seconds = args(element, compiler, **kw)
    return f"({ts} + to_seconds({seconds}))"


@compiles(Shifted, "postgresql")
def _shifted_postgresql(element: Shifted, compiler: Any, **kw: Any) -> str:
    ts, seconds = args(element, compiler, **kw)
    return f"({ts} + make_interval(secs => {seconds}))"


@compiles(Median)
def _median_sql(element: Median, compiler: Any, **kw: Any) -> str:
    return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {args(element, compiler, **kw)[0]})"


@compiles(DistinctList)
def _distinct_list_sql(element: DistinctList, compiler: Any, **kw: Any) -> str:
    text, separator = args(element, compiler, **kw)
    return f"string_agg(DISTINCT {text}, {separator})"


@compiles(Position)
def _position_sql(element: Position, compiler: Any, **kw: Any) -> str:
    text, part = args(element, compiler, **kw)
    return f"strpos({text}, {part})"


@compiles(IsoWeekday)
def _iso_weekday_sql(element: IsoWeekday, compiler: Any, **kw: Any) -> str:
    return f"CAST(EXTRACT(isodow FROM {args(element, compiler, **kw)[0]}) AS INTEGER)"


@compiles(HasBit)
def _has_bit_sql(element: HasBit, compiler: Any, **kw: Any) -> str:
    bits, number = args(element, compiler, **kw)
    return f"(get_bit(CAST({bits} AS BIT), CAST({number} AS INTEGER)) = 1)"


@compiles(HasBit, "postgresql")
def _has_bit_postgresql(element: HasBit, compiler: Any, **kw: Any) -> str:
    bits, number = args(element, compiler, **kw)
    # This engine counts the bits of each byte from the lowest.
    return f"(get_bit(CAST({bits} AS BYTEA), CAST({number} AS BIGINT) # 7) = 1)"
