"""From metrics of one source to one SQL statement, in tiny passes: rows, bounds, filters, grouping, expressions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from analytics.dimensions import column, dimension, offered
from analytics.filters import Filter, Value
from analytics.metric import Metric, Scan, Source
from analytics.period import Grain
from analytics.segment_names import OUT, SEGMENT, ids
from data_access.functions import bucket_day, bucket_hour, position, try_number

OPENING = date(1, 1, 1)  # the bucket of all that came before the period, for running sums
MAX_ROWS = 50_000
UNRATED = "__unrated"


def statement(source: Source, metrics: Sequence[Metric], scan: Scan) -> sa.Select[Any]:
    """One row per bucket and slice: `bucket` when there is a grain, then dimensions, then metrics, by name.

    As soon as one metric is a running sum (`when` closing or opening) there is no lower bound: what lies before the period
    comes as bucket OPENING, and without a grain all of the period as the bucket of its first day.
    """
    rows = source.build(scan)
    running = is_running(metrics)
    keys = _keys(source, rows, scan, running)
    values = [metric.expression(rows).label(metric.name) for metric in metrics if metric.expression]
    values += [metric.unrated(rows).label(metric.name + UNRATED) for metric in metrics if metric.unrated]
    select = sa.select(*(key.label(name) for name, key in keys.items()), *values).select_from(rows)
    if not source.confined:
        select = select.where(*conditions(source, rows, scan, running=running))
    return select.group_by(*keys.values()).limit(MAX_ROWS + 1) if keys else select


def is_running(metrics: Sequence[Metric]) -> bool:
    """Whether any of them is a sum of all history."""
    return any(metric.when != "flow" for metric in metrics)


def _keys(source: Source, rows: sa.FromClause, scan: Scan, running: bool) -> dict[str, sa.ColumnElement[Any]]:
    if source.confined:
        names = (["bucket"] if scan.grain else []) + [d.name for d in scan.by]
        return {name: rows.c[name] for name in names}
    keys = {}
    if scan.grain or running:
        keys["bucket"] = _running_bucket(source, rows, scan) if running else bucket(source, rows, scan)
    return keys | {d.name: column(rows, d, scan) for d in scan.by}


def bucket(source: Source, rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    """The start of the bucket a row falls in, in tenant time."""
    if scan.grain is Grain.HOUR:
        return bucket_hour(rows.c.ts, scan.tenant.time_zone)
    return bucket_day(rows.c[source.day], str(scan.grain), scan.tenant.week_start)


def _running_bucket(source: Source, rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
    kind = sa.DateTime() if scan.grain is Grain.HOUR else sa.Date()
    inside = bucket(source, rows, scan) if scan.grain else sa.cast(sa.literal(scan.period.first), kind)
    return sa.case((rows.c[source.day] < scan.period.first, sa.cast(sa.literal(OPENING), kind)), else_=inside)


def conditions(source: Source, rows: sa.FromClause, scan: Scan, *, running: bool = False) -> list[sa.ColumnElement[bool]]:
    """Tenant, period and the reader's filters over these rows."""
    day = rows.c[source.day]
    bounds = [rows.c.tenant == scan.tenant.key, day < scan.period.last]
    if not running:
        bounds.append(day >= scan.period.first)
    if (scan.period.cut or running) and "ts" in rows.c:
        # A running sum may hold rows dated in the future, such as a churn at the end of a paid period.
        bounds.append(rows.c.ts < scan.period.until)
    return bounds + [condition(rows, f, scan) for f in scan.filters]


def applies(source: Source, scan: Scan) -> bool:
    """Whether every dimension asked for exists in this source."""
    return all(offered(source, d.name) for d in scan.by) and all(offered(source, f.dimension) for f in scan.filters)


def condition(rows: sa.FromClause, of: Filter, scan: Scan) -> sa.ColumnElement[bool]:
    """A filter as SQL: values are bound parameters, an unknown value never matches a comparison."""
    if of.dimension.startswith(SEGMENT) and of.operator == "is" and len(of.values) == 1:
        return _belongs(rows, of, scan)
    expression = column(rows, dimension(of.dimension), scan)
    if of.operator == "is" and "" not in of.values and isinstance(expression.type, sa.Text):
        return expression.in_([word(v) for v in of.values])  # bare, so that the engine can skip what cannot match
    if of.operator == "is" and isinstance(expression.type, sa.BigInteger) and all(word(v).isdecimal() for v in of.values):
        return expression.in_([int(word(v)) for v in of.values])  # a key, not its text, so that an index serves
    return meets(expression, of)


def _belongs(rows: sa.FromClause, of: Filter, scan: Scan) -> sa.ColumnElement[bool]:
    """In or out of a segment, without the words; rows of nobody are neither."""
    held = scan.segments[ids(of.dimension)[0]].holds(rows.c.user_key)
    return sa.and_(rows.c.user_key.is_not(None), sa.not_(held)) if of.values[0] == OUT else held


def meets(expression: sa.ColumnElement[Any], of: Filter) -> sa.ColumnElement[bool]:
    """Whether the expression meets the filter's operator and values, whatever it is an expression of."""
    match of.operator:
        case "is_set":
            return sa.and_(expression.is_not(None), sa.cast(expression, sa.Text) != "")
        case "is_not_set":
            return sa.or_(expression.is_(None), sa.cast(expression, sa.Text) == "")
        case "is":
            return _among(expression, of.values)
        case "is_not":
            return sa.not_(_among(expression, of.values))
        case "contains":
            return _contains(expression, of.values)
        case "not_contains":
            return sa.not_(_contains(expression, of.values))
        case _:
            return _compared(expression, of)


def _among(expression: sa.ColumnElement[Any], values: Sequence[Value]) -> sa.ColumnElement[bool]:
    """True or false, never NULL; the value "" means unknown."""
    known = [word(v) for v in values if v != ""]
    text = sa.func.coalesce(sa.cast(expression, sa.Text), "")
    return text.in_([*known, *([""] if "" in values else [])])


def _contains(expression: sa.ColumnElement[Any], values: Sequence[Value]) -> sa.ColumnElement[bool]:
    text = sa.func.lower(sa.func.coalesce(sa.cast(expression, sa.Text), ""))
    return sa.or_(*(position(text, sa.func.lower(word(v))) > 0 for v in values))


_COMPARE = {"gt": "__gt__", "gte": "__ge__", "lt": "__lt__", "lte": "__le__"}


def _compared(expression: sa.ColumnElement[Any], of: Filter) -> sa.ColumnElement[bool]:
    number = try_number(sa.cast(expression, sa.Text))
    bound = try_number(sa.cast(sa.literal(word(of.values[0])), sa.Text))
    return sa.func.coalesce(getattr(number, _COMPARE[of.operator])(bound), sa.false())


def word(value: Value) -> str:
    """A filter value as the text that a column or property shows: true, 3, 2.5."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
