"""ClickHouse: how each statement reads there. Compiled for review (golden SQL); no connection is opened yet."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.compiler import compiles

from data_access import functions as f
from data_access.dialects.compiling import Compiler


def compiler() -> Compiler:
    """Raises ImportError where clickhouse-connect, an optional package, is not installed."""
    from clickhouse_connect.cc_sqlalchemy.dialect import ClickHouseDialect

    return Compiler(ClickHouseDialect(), ClickHouseDialect())


@compiles(f.LocalTime, "clickhousedb")
def _local_time_clickhouse(element: f.LocalTime, compiler: Any, **kw: Any) -> str:
    ts, zone = f.args(element, compiler, **kw)
    return f"toTimeZone(toDateTime64({ts}, 6, 'UTC'), {zone})"


@compiles(f.JsonText, "clickhousedb")
def _json_text_clickhouse(element: f.JsonText, compiler: Any, **kw: Any) -> str:
    document, key, _ = list(element.clauses)
    return f"nullIf(JSONExtractString({compiler.process(document, **kw)}, {compiler.process(key, **kw)}), '')"


@compiles(f.TryNumber, "clickhousedb")
def _try_number_clickhouse(element: f.TryNumber, compiler: Any, **kw: Any) -> str:
    return f"toFloat64OrNull({f.args(element, compiler, **kw)[0]})"


@compiles(f.DaysBetween, "clickhousedb")
def _days_between_clickhouse(element: f.DaysBetween, compiler: Any, **kw: Any) -> str:
    first, last = f.args(element, compiler, **kw)
    return f"dateDiff('day', {first}, {last})"


@compiles(f.SecondsBetween, "clickhousedb")
def _seconds_between_clickhouse(element: f.SecondsBetween, compiler: Any, **kw: Any) -> str:
    first, last = f.args(element, compiler, **kw)
    return f"(dateDiff('microsecond', {first}, {last}) / 1000000)"


@compiles(f.Median, "clickhousedb")
def _median_clickhouse(element: f.Median, compiler: Any, **kw: Any) -> str:
    return f"quantileExactInclusive(0.5)({f.args(element, compiler, **kw)[0]})"


@compiles(f.DistinctList, "clickhousedb")
def _distinct_list_clickhouse(element: f.DistinctList, compiler: Any, **kw: Any) -> str:
    text, separator = f.args(element, compiler, **kw)
    return f"nullIf(arrayStringConcat(groupUniqArray({text}), {separator}), '')"


@compiles(f.Position, "clickhousedb")
def _position_clickhouse(element: f.Position, compiler: Any, **kw: Any) -> str:
    text, part = f.args(element, compiler, **kw)
    return f"position({text}, {part})"


@compiles(f.IsoWeekday, "clickhousedb")
def _iso_weekday_clickhouse(element: f.IsoWeekday, compiler: Any, **kw: Any) -> str:
    return f"toDayOfWeek({f.args(element, compiler, **kw)[0]})"


@compiles(f.Shifted, "clickhousedb")
def _shifted_clickhouse(element: f.Shifted, compiler: Any, **kw: Any) -> str:
    ts, seconds = f.args(element, compiler, **kw)
    return f"addSeconds({ts}, {seconds})"
