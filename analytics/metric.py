"""What a number means, once: Metric, Dimension, and the Source they are read from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa

from accounts.actor import Tenant
from accounts.language import Text
from accounts.roles import Permission
from analytics.filters import Filter
from analytics.members import Known
from analytics.period import Grain, Resolved


class Unit(StrEnum):
    """How a value is written; `reports/words.py` formats each."""

    COUNT = "count"  # whole things
    NUMBER = "number"  # 1 or 2 decimals
    RATIO = "ratio"  # 0.124 is 12.4 %
    MONEY = "money"  # minor units of the result's currency
    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    TEXT = "text"
    TIME = "time"  # start of a bucket, tenant time
    INSTANT = "instant"  # naive UTC
    PERSON = "person"  # a user or customer


@dataclass(frozen=True)
class Scan:
    """What a source needs to know to lay out its rows for one question.

    A plain source returns its table: `compile` adds tenant, period, filters, bucket and grouping.

    A `confined` source aggregates by itself (distinct users, lifecycle): it applies tenant, period and filters
    (`analytics.compile.conditions`) and returns rows that already hold a column `bucket` (see
    `analytics.compile.bucket`) when `grain` is set, and a column named like each dimension in `by`; `compile`
    then only groups by those and applies the metric's expression.

    When `period.cut` is set, only rows with `ts < period.until` count: a source over day rollups must read raw rows.
    """

    tenant: Tenant
    period: Resolved
    grain: Grain | None = None
    by: tuple[Dimension, ...] = ()
    filters: tuple[Filter, ...] = ()
    engine: str = "duckdb"
    now: datetime | None = None  # when the question is asked; decides which cohorts are still open
    segments: Known = field(default_factory=dict, hash=False, compare=False)  # members of every segment that is named


@dataclass(frozen=True)
class Source:
    """Rows that metrics are computed from.

    `tables` are the warehouse tables behind it, for the cache's data version and freshness. `day` names the
    tenant-day column that bounds the period. `lookback` is how many days before the period the answer may
    depend on (None: all history). `until_now`: the answer also depends on what came after the period (cohorts).
    """

    name: str
    tables: tuple[str, ...]
    build: Callable[[Scan], sa.FromClause]
    dimensions: frozenset[str]
    day: str = "day"
    confined: bool = False
    lookback: int | None = 0
    until_now: bool = False


Expression = Callable[[sa.FromClause], sa.ColumnElement[Any]]
Formula = Callable[[Mapping[str, pd.Series]], pd.Series]


@dataclass(frozen=True)
class Metric:
    """One number. Either `source` and `expression` (an aggregate over the source's rows), or `needs` and
    `formula` (arithmetic over other metrics of the same bucket and slice).

    `when`: "flow" is what happened in the bucket; "closing" is the running sum of a flow at the bucket's end;
    "opening" the running sum at its start.
    """

    name: str
    label: Text
    description: Text
    group: Literal["activity", "revenue", "quality", "usage", "marketplace", "acquisition"]
    unit: Unit
    better: Literal["up", "down", "neutral"] = "up"
    source: Source | None = None
    expression: Expression | None = None
    unrated: Expression | None = None  # money: currencies among the rows that have no rate, as text; NULL when all have one
    needs: tuple[str, ...] = ()
    formula: Formula | None = None
    when: Literal["flow", "closing", "opening"] = "flow"
    change: Literal["percent", "points"] = "percent"
    empty: float | None = None  # the value when there are no rows: 0 for counts and sums, None where nothing can be said
    permission: Permission = Permission.READ_KPI
    hidden: bool = False  # a building block, not offered in pickers
    footnote: Text | None = None  # a rule the reader should know, shown with the definition


@dataclass(frozen=True)
class Dimension:
    """A way to cut. `column` is its column in every source that offers it (by default its name)."""

    name: str
    label: Text
    column: str = ""
    expression: Callable[[sa.FromClause, Scan], sa.ColumnElement[object]] | None = None  # where it is computed, not stored
    words: Literal["plain", "country", "code"] = "plain"  # how a value is worded for a reader
    permission: Permission = Permission.READ_KPI
    values: Mapping[str, Text] = field(default_factory=dict, hash=False, compare=False)

    @property
    def col(self) -> str:
        return self.column or self.name


def ratio(top: pd.Series, bottom: pd.Series) -> pd.Series:
    """top / bottom, missing where bottom is zero or missing: nothing can be said of a share of nothing."""
    return top.astype("float64").div(bottom.astype("float64").where(bottom.astype("float64") != 0))
