"""Aggregate: any metrics, by any dimensions, over time or as totals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from analytics.query import Query

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

    @field_validator("metrics", "by")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a metric or dimension twice")
        return names
