"""Trends: how often events happen, by how many, or what a property of them amounts to; several series side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal, Self, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pydantic import Field, field_validator, model_validator

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import MAX_ROWS, bucket
from analytics.dimensions import PROPERTY, column
from analytics.event_log import CutName, EventQuery, event_bounds, event_permissions, event_rows, event_tables, leaf_names
from analytics.grid import Grid, clean
from analytics.kinds.aggregate import BUCKET_LABEL, TRUNCATED, no_rate
from analytics.matching import Matcher, matched
from analytics.metric import Metric, Scan, Unit
from analytics.metrics import METRICS
from analytics.period import Grain
from analytics.question import Question
from analytics.result import Column, Result, Warning
from analytics.sources.events import RAW_EVENTS
from analytics.where import PERSON, event_dimension
from data_access.functions import try_number
from data_access.schema import events

Measure = Literal["total", "users", "sessions", "per_user", "sum", "mean", "median", "p90", "p95", "p99", "min", "max"]
OF_EVENTS = ("total", "users", "sessions", "per_user")
PERCENTILES = {"median": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
VALUE = "value"
RATED = "__lacking"
SAID = {
    "total": Text("{event}", "{event}"),
    "users": Text("{event} · users", "{event} · utilisateurs"),
    "sessions": Text("{event} · sessions", "{event} · sessions"),
    "per_user": Text("{event} · per user", "{event} · par utilisateur"),
    "sum": Text("{event} · sum of {of}", "{event} · somme de {of}"),
    "mean": Text("{event} · mean {of}", "{event} · moyenne de {of}"),
    "median": Text("{event} · median {of}", "{event} · médiane de {of}"),
    "p90": Text("{event} · {of}, 90%", "{event} · {of}, 90 %"),
    "p95": Text("{event} · {of}, 95%", "{event} · {of}, 95 %"),
    "p99": Text("{event} · {of}, 99%", "{event} · {of}, 99 %"),
    "min": Text("{event} · least {of}", "{event} · {of}, minimum"),
    "max": Text("{event} · greatest {of}", "{event} · {of}, maximum"),
}
ANY, MONEY = Text("Any event", "N’importe quel événement"), Text("money", "montant")


class Series(Matcher):
    """`Series(event="purchase", measure="sum", of="value")`: which events, and what of them.

    measure: `total` events, `users` or `sessions` (distinct), `per_user` (events ÷ users); or `sum`, `mean`, `median`, `p90`, `p95`,
    `p99`, `min`, `max` of a number: the events' money (`of="value"`, reporting currency) or a property (`of="property.x"`; what is
    no number does not count). Percentiles are interpolated between the two nearest values.
    """

    measure: Measure = "total"
    of: CutName | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if (self.of is None) != (self.measure in OF_EVENTS):
            raise ValueError(f"{self.measure} {'counts events: leave out of' if self.of else 'needs of: value or property.<name>'}")
        if self.of not in (None, VALUE) and not str(self.of).startswith(PROPERTY):
            raise ValueError("of is value, the money of the events, or a number property.<name>")
        return self


class Trends(EventQuery):
    """`Trends(series=(Series(event="page_view"), Series(event="page_view", measure="users")), by=("country",), grain="week")`.

    One metric per series, named s1, s2, …; a bucket or slice without such events is 0 for counts and sums and says nothing of others.
    `limit` keeps the slices with most of the first series.
    """

    kind: Literal["trends"] = "trends"
    series: Annotated[tuple[Series, ...], Field(min_length=1, max_length=10)]
    by: Annotated[tuple[CutName, ...], Field(max_length=3)] = ()
    grain: Literal["hour", "day", "week", "month", "quarter", "year"] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50

    @field_validator("by")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a dimension twice")
        return names


def _properties(query: Trends) -> tuple[str, ...]:
    return (*query.by, *(one.of for one in query.series if one.of not in (None, VALUE) and one.of))


def tables(query: Trends) -> Iterable[str]:
    return event_tables(query, query.series, _properties(query))


def permissions(query: Trends) -> frozenset[Permission]:
    money = {Permission.READ_MONEY} if any(one.of == VALUE for one in query.series) else set()
    return event_permissions(query, query.series, _properties(query)) | money


def lookback(query: Trends) -> int | None:
    return 0


def metrics_of(query: Trends) -> tuple[Metric, ...]:
    """What each series is called and how it is written."""
    return tuple(_metric(f"s{i + 1}", one) for i, one in enumerate(query.series))


def _metric(name: str, one: Series) -> Metric:
    event = ANY if one.title == "*" else Text(one.title, one.title)
    of = MONEY if one.of == VALUE else Text(*[(one.of or "").removeprefix(PROPERTY)] * 2)
    label = SAID[one.measure].format(event=event, of=of)
    unit = Unit.MONEY if one.of == VALUE else Unit.COUNT if one.measure in ("total", "users", "sessions") else Unit.NUMBER
    empty = 0.0 if one.measure in ("total", "users", "sessions", "sum") else None
    return Metric(name, label, label, "activity", unit, better="neutral", empty=empty)


def answer(question: Question) -> Result:
    """As an Aggregate: one row per bucket and slice, a column per series, and the whole period in `totals`."""
    query = cast(Trends, question.query)
    metrics, scan = metrics_of(query), _scan(question)
    grid = Grid(scan, question.period)
    frame, warnings = _read(question, scan, metrics, grid)
    whole = replace(scan, grain=None, by=())
    row = _read(question, whole, metrics, Grid(whole, question.period))[0] if scan.grain or scan.by else frame
    frame, cut = grid.limit(frame, query.limit, metrics[0].name, False) if scan.by else (frame, False)
    keys = ["bucket", *grid.slices] if scan.grain else grid.slices
    by = [] if not keys else ["bucket"] if scan.grain and not scan.by else [*(["bucket"] if scan.grain else []), metrics[0].name]
    frame = frame.sort_values(by, ascending=[k == "bucket" for k in by], kind="stable") if by else frame
    return Result(
        query=query,
        period=question.period,
        frame=frame[[*keys, *(m.name for m in metrics)]].reset_index(drop=True),
        columns=_columns(scan, metrics),
        metrics=metrics,
        totals={m.name: clean(row[m.name].iloc[0]) if len(row) else m.empty for m in metrics},
        warnings=(*warnings, *([TRUNCATED] if cut else [])),
        partial=grid.partial(),
        currency=question.tenant.currency,
        trail=tuple(question.trail),
    )


def _scan(question: Question) -> Scan:
    query = cast(Trends, question.query)
    grain = Grain(query.grain) if query.grain else None
    return replace(question.scan(grain), by=tuple(event_dimension(name) for name in query.by))


def _columns(scan: Scan, metrics: tuple[Metric, ...]) -> tuple[Column, ...]:
    when = [Column("bucket", BUCKET_LABEL, Unit.TIME, "time")] if scan.grain else []
    cuts = [Column(d.name, d.label, Unit.TEXT, "dimension") for d in scan.by]
    return (*when, *cuts, *(Column(m.name, m.label, m.unit, "metric") for m in metrics))


def _read(question: Question, scan: Scan, metrics: tuple[Metric, ...], grid: Grid) -> tuple[pd.DataFrame, tuple[Warning, ...]]:
    query = cast(Trends, question.query)
    rows = question.read(_statement(question, scan))
    rows = rows.rename(columns={f"slice_{i}": d.name for i, d in enumerate(scan.by)})
    lacking: set[str] = set()
    for metric, one in zip(metrics, query.series, strict=True):
        if one.of == VALUE:
            unrated = rows[metric.name + RATED].notna()
            rows[metric.name] = rows[metric.name].astype("float64").mask(unrated)
            lacking |= set(rows.loc[unrated, metric.name + RATED])
    frame = grid.fill(rows, metrics)
    frame = frame.reset_index() if grid.keys else frame.reset_index(drop=True)
    return frame, ((no_rate(METRICS["revenue"], sorted(lacking)),) if lacking else ())


def _statement(question: Question, scan: Scan) -> sa.Select[Any]:
    query = cast(Trends, question.query)
    marks = [matched(events, one, scan) for one in query.series]
    keys = _keys(scan)
    values = [v for i, (one, mark) in enumerate(zip(query.series, marks, strict=True)) for v in _values(one, mark, f"s{i + 1}", scan)]
    select = sa.select(*(key.label(name) for name, key in keys.items()), *values).select_from(event_rows(_people(question, query)))
    select = select.where(*event_bounds(question), sa.or_(*marks))
    return select.group_by(*keys.values()).limit(MAX_ROWS + 1) if keys else select


def _people(question: Question, query: Trends) -> bool:
    return any(name.startswith(PERSON) for name in (*query.by, *leaf_names(question, query.series)))


def _keys(scan: Scan) -> dict[str, sa.ColumnElement[Any]]:
    """TRICKY: a name with a dot is no label that every engine gives back, so slices are numbered."""
    keys: dict[str, sa.ColumnElement[Any]] = {"bucket": bucket(RAW_EVENTS, events, scan)} if scan.grain else {}
    words = (sa.func.coalesce(sa.cast(column(events, d, scan), sa.Text), "") for d in scan.by)
    return keys | {f"slice_{i}": word for i, word in enumerate(words)}


def _values(one: Series, mark: sa.ColumnElement[bool], name: str, scan: Scan) -> list[sa.ColumnElement[Any]]:
    """The series' aggregate over the rows of a group and, of money, a currency without a rate among them."""
    if one.measure in OF_EVENTS:
        return [_counted(one.measure, mark).label(name)]
    amount = (
        events.c.value_base_minor if one.of == VALUE else try_number(sa.cast(column(events, event_dimension(one.of or ""), scan), sa.Text))
    )
    mine = sa.case((mark, sa.cast(amount, sa.Double)))
    found = _summary(one.measure, mine).label(name)
    if one.of != VALUE:
        return [found]
    unrated = sa.and_(mark, events.c.value_minor.is_not(None), events.c.value_base_minor.is_(None))
    return [found, sa.func.max(sa.case((unrated, sa.func.coalesce(events.c.currency, "?")))).label(name + RATED)]


def _counted(measure: str, mark: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    total = sa.func.sum(sa.case((mark, 1), else_=0))
    if measure == "total":
        return total
    who = events.c.session_key if measure == "sessions" else events.c.user_key
    distinct = sa.func.count(sa.distinct(sa.case((mark, who))))
    if measure != "per_user":
        return distinct
    known = sa.func.sum(sa.case((sa.and_(mark, events.c.user_key.is_not(None)), 1.0), else_=0.0))
    return known / sa.func.nullif(distinct, 0)


def _summary(measure: str, mine: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if measure in PERCENTILES:
        return sa.func.percentile_cont(sa.literal_column(str(PERCENTILES[measure]))).within_group(mine)
    whole: sa.ColumnElement[Any] = {
        "sum": sa.func.sum(mine),
        "mean": sa.func.avg(mine),
        "min": sa.func.min(mine),
        "max": sa.func.max(mine),
    }[measure]
    return whole


def members(question: Question, name: str | None, at: pd.Timestamp | None, words: tuple[str, ...] | None) -> pd.DataFrame:
    """The users behind a number: `key` and `times`, how many such events they have, most first."""
    query, scan = cast(Trends, question.query), _scan(question)
    one = query.series[int((name or "s1")[1:]) - 1]
    found = [events.c.user_key.is_not(None), matched(events, one, scan), *event_bounds(question)]
    keys = _keys(scan)
    if at is not None and scan.grain:
        begin = sa.literal(at.to_pydatetime() if scan.grain is Grain.HOUR else at.date())
        cast_to = sa.DateTime() if scan.grain is Grain.HOUR else sa.Date()
        found.append(keys["bucket"] == sa.cast(begin, cast_to))
    found += [keys[f"slice_{i}"] == word for i, word in enumerate(words or ())]
    times = sa.func.count().label("times")
    select = sa.select(events.c.user_key.label("key"), times).select_from(event_rows(_people(question, query))).where(*found)
    rows = question.read(select.group_by(events.c.user_key).order_by(times.desc(), events.c.user_key))
    return rows.astype({"key": np.int64, "times": np.int64})
