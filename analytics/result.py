"""An answer: everything a page, a PDF, a sheet, a route or a rule needs to show it honestly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import pandas as pd

from accounts.language import Text
from analytics.metric import Metric, Unit
from analytics.period import Resolved
from analytics.query import Query


@dataclass(frozen=True)
class Column:
    """A column of the frame: `role` is time, dimension, metric, or previous (a metric in the compared period)."""

    name: str
    label: Text
    unit: Unit
    role: Literal["time", "dimension", "metric", "previous"]


@dataclass(frozen=True)
class Warning:
    """Something the reader must know. Codes: partial, empty, stale, truncated, not_applicable, no_rate, budget,
    last_good (the warehouse is away; an older answer is shown), open (people who may still convert)."""

    code: str
    text: Text


@dataclass(frozen=True)
class Result:
    """An answer.

    frame: one row per bucket and slice, columns as in `columns`: `bucket` (datetime64, start of the bucket in the
    tenant's calendar) when there is a grain, one column per dimension (str, "" = unknown), one per metric
    (float64, NaN = nothing can be said; money in minor units), and `<metric>__previous` where compared.
    totals / previous_totals: the metric over the whole period (never a sum of buckets).
    partial: starts of buckets that are cut by the period's bounds or not over yet.
    freshness: naive UTC instant of the newest data behind the answer.
    """

    query: Query
    period: Resolved
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...] = ()
    totals: dict[str, float | None] = field(default_factory=dict)
    previous_totals: dict[str, float | None] = field(default_factory=dict)
    previous_period: Resolved | None = None
    warnings: tuple[Warning, ...] = ()
    partial: frozenset[pd.Timestamp] = frozenset()
    freshness: datetime | None = None
    currency: str = "EUR"
    trail: tuple[Callable[[], str], ...] = field(default=(), repr=False, compare=False)  # words the SQL that was run
    extra: dict[str, Any] = field(default_factory=dict)  # what a shape adds: intervals, edges, people counts

    @property
    def sql(self) -> tuple[str, ...]:
        """Every statement behind the answer, as it was run."""
        return tuple(render() for render in self.trail)

    def value(self, metric: str) -> float | None:
        """The metric over the whole period; None where nothing can be said."""
        return self.totals.get(metric)

    def previous(self, metric: str) -> float | None:
        """The same over the compared period."""
        return self.previous_totals.get(metric)

    def change(self, metric: str) -> float | None:
        """Relative change against the compared period (0.042 = +4.2 %), or the difference in points for a rate."""
        now, then = self.value(metric), self.previous(metric)
        if now is None or then is None:
            return None
        if next(m for m in self.metrics if m.name == metric).change == "points":
            return now - then
        return (now - then) / abs(then) if then else None

    def series(self, metric: str) -> pd.Series:
        """The metric's column of the frame."""
        return self.frame[metric]

    @property
    def empty(self) -> bool:
        return any(w.code == "empty" for w in self.warnings)

    def warned(self, code: str) -> bool:
        return any(w.code == code for w in self.warnings)
