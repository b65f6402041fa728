"""Aggregate: any metrics, by any dimensions, over time or as totals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Literal, cast

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import UNRATED, applies, statement
from analytics.dimensions import dimension
from analytics.grid import Grid, clean
from analytics.metric import Metric, Scan, Source, Unit
from analytics.metrics import METRICS, expand
from analytics.period import Grain
from analytics.query import InvalidQuery, Query
from analytics.question import Question
from analytics.result import Column, Result, Warning

BUCKET_LABEL = Text("Period", "Période")
TRUNCATED = Warning(
    "truncated",
    Text(
        "Only the first rows are shown: narrow the period or the breakdown.",
        "Seules les premières lignes sont affichées : réduisez la période ou la ventilation.",
    ),
)
Name = Annotated[str, Field(min_length=1, max_length=120)]


class Aggregate(Query):
    """`Aggregate(metrics=("mrr", "customers"), by=("plan",), grain="month", period="12m", compare="previous")`.

    `order` is a metric or dimension, "-mrr" for descending; without it buckets then the first metric descending.
    `limit` keeps the first slices and folds nothing: the result warns `truncated`.
    """

    kind: Literal["aggregate"] = "aggregate"
    metrics: Annotated[tuple[Name, ...], Field(min_length=1, max_length=30)]
    by: Annotated[tuple[Name, ...], Field(max_length=4)] = ()
    grain: Literal["hour", "day", "week", "month", "quarter", "year"] | None = None
    order: Annotated[str, Field(max_length=121)] | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] | None = None
    totals: bool = True  # also the whole period's values, without breakdown
    previous_series: bool = True  # compare each bucket and slice too; tiles compare only the totals

    @field_validator("metrics", "by")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a metric or dimension twice")
        return names


def tables(query: Aggregate) -> Iterable[str]:
    return {table for source in _sources(query) for table in source.tables}


def permissions(query: Aggregate) -> frozenset[Permission]:
    named = expand(query.metrics)
    cuts = [dimension(name) for name in (*query.by, *(f.dimension for f in query.filters))]
    return frozenset(m.permission for m in named) | frozenset(d.permission for d in cuts)


def lookback(query: Aggregate) -> int | None:
    """Running sums depend on all history."""
    if any(m.when != "flow" for m in expand(query.metrics)):
        return None
    reach = [source.lookback for source in _sources(query)]
    return None if None in reach else max((r for r in reach if r is not None), default=0)


def until_now(query: Aggregate) -> bool:
    return any(source.until_now for source in _sources(query))


def _sources(query: Aggregate) -> list[Source]:
    return [m.source for m in expand(query.metrics) if m.source]


def answer(question: Question) -> Result:
    """Split by source, read, join on keys, fill empty buckets, add the derived metrics."""
    query = cast(Aggregate, question.query)
    if question.compared and not query.previous_series:
        query = query.model_copy(update={"grain": None, "by": (), "order": None})
    grain = Grain(query.grain) if query.grain else None
    scan = replace(question.scan(grain), by=tuple(dimension(name) for name in query.by))
    asked = [METRICS[name] for name in query.metrics]
    grid = Grid(scan, question.period)
    frame, missing = _read(question, expand(query.metrics), scan, grid)
    totals = _totals(question, query, scan, frame)
    frame, truncated = _ordered(_derived(frame, expand(query.metrics)), query, grid)
    return Result(
        query=query,
        period=question.period,
        frame=frame[[*grid.keys, *query.metrics]].reset_index(drop=True),
        columns=_columns(scan, asked),
        metrics=tuple(asked),
        totals={m.name: totals[m.name] for m in asked if m.name in totals},
        warnings=(*missing, *([TRUNCATED] if truncated else [])),
        partial=grid.partial(),
        currency=question.tenant.currency,
        trail=tuple(question.trail),
    )


def _read(question: Question, metrics: Sequence[Metric], scan: Scan, grid: Grid) -> tuple[pd.DataFrame, list[Warning]]:
    """One statement per source, joined on bucket and slice."""
    groups: dict[str, list[Metric]] = {}
    for metric in metrics:
        if metric.source:
            groups.setdefault(metric.source.name, []).append(metric)
    parts, warnings = [], []
    for members in groups.values():
        source = cast(Source, members[0].source)
        if applies(source, scan):
            part, refused = _refuse(question.read(statement(source, members, scan)), members, grid)
            parts.append(part)
            warnings += refused
        else:
            warnings.append(not_applicable(members))
    return grid.join(parts, metrics), warnings


def _refuse(rows: pd.DataFrame, metrics: Sequence[Metric], grid: Grid) -> tuple[pd.DataFrame, list[Warning]]:
    """The rows on the grid, without amounts that would need a rate of exchange nobody gave."""
    warnings = []
    for metric in (m for m in metrics if m.unrated):
        lacking = rows[metric.name + UNRATED].notna()
        if lacking.any():
            # Infinity survives filling and running sums, and becomes “nothing can be said” at the end.
            rows[metric.name] = rows[metric.name].astype("float64").mask(lacking, np.inf)
            names = {c for text in rows.loc[lacking, metric.name + UNRATED] for c in str(text).split(",")}
            warnings.append(no_rate(metric, sorted(names)))
    return grid.fill(rows, metrics), warnings


def no_rate(metric: Metric, currencies: Sequence[str]) -> Warning:
    names = ", ".join(currencies)
    return Warning(
        "no_rate",
        Text(
            f"{metric.label.en}: no rate of exchange for {names}. Add rates (fx_rates) or filter by currency.",
            f"{metric.label.fr} : pas de taux de change pour {names}. Ajoutez des taux (fx_rates) ou filtrez par devise.",
        ),
    )


def _totals(question: Question, query: Aggregate, scan: Scan, frame: pd.DataFrame) -> dict[str, float | None]:
    """The whole period without breakdown: never a sum of buckets, since distinct people do not add up."""
    metrics = expand(query.metrics)
    if not query.totals:
        return {}
    if scan.grain is not None or scan.by:
        whole = replace(scan, grain=None, by=())
        frame, _ = _read(question, metrics, whole, Grid(whole, question.period))
    row = _derived(frame, metrics)
    return {m.name: clean(row[m.name].iloc[0]) if len(row) else m.empty for m in metrics}


def _derived(frame: pd.DataFrame, metrics: Sequence[Metric]) -> pd.DataFrame:
    """Metrics that are arithmetic over others; `expand` has put what they need before them. No infinity is left."""
    values = {m.name: _finite(frame[m.name]) for m in metrics if m.source}
    for metric in metrics:
        if metric.formula:
            values[metric.name] = _finite(metric.formula({name: values[name] for name in metric.needs}))
    return pd.DataFrame({**{name: frame[name] for name in frame.columns if name not in values}, **values})


def _finite(values: pd.Series) -> pd.Series:
    numbers = values.to_numpy("float64", copy=True)
    numbers[np.isinf(numbers)] = np.nan
    return pd.Series(numbers, index=values.index)


def _ordered(frame: pd.DataFrame, query: Aggregate, grid: Grid) -> tuple[pd.DataFrame, bool]:
    first = query.order or ("" if not query.by else f"-{query.metrics[0]}")
    by, ascending = first.lstrip("-"), not first.startswith("-")
    if by and by not in frame.columns:
        raise InvalidQuery(f"order names “{by[:60]}”, which is neither a metric nor a dimension of this query")
    kept, truncated = grid.limit(frame, query.limit, by, ascending)
    keys = (["bucket"] if grid.scan.grain else []) + ([by] if by else [])
    if not keys:
        return kept, truncated
    return kept.sort_values(keys, ascending=[k != by or ascending for k in keys], kind="stable", na_position="last"), truncated


def _columns(scan: Scan, metrics: Sequence[Metric]) -> tuple[Column, ...]:
    when = [Column("bucket", BUCKET_LABEL, Unit.TIME, "time")] if scan.grain else []
    cuts = [Column(d.name, d.label, Unit.TEXT, "dimension") for d in scan.by]
    return (*when, *cuts, *(Column(m.name, m.label, m.unit, "metric") for m in metrics))


def not_applicable(metrics: Sequence[Metric]) -> Warning:
    names = [m.label for m in metrics if not m.hidden] or [metrics[0].label]
    return Warning(
        "not_applicable",
        Text(
            f"{', '.join(t.en for t in names)}: a chosen filter or breakdown does not exist for this number, so it is not shown.",
            f"{', '.join(t.fr for t in names)} : un filtre ou une ventilation choisis n’existent pas pour ce nombre, il n’est pas affiché.",
        ),
    )
