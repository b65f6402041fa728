"""Retention: of those who began together, how many, or how much revenue, is still there later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Annotated, ClassVar, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import applies
from analytics.dimensions import dimension
from analytics.grid import Grid
from analytics.kernels.arrays import Ints
from analytics.kernels.pairs import pairs
from analytics.kinds.aggregate import no_rate, not_applicable
from analytics.metric import Scan, Unit
from analytics.metrics import METRICS
from analytics.period import Grain, Period, floor, resolved
from analytics.query import InvalidQuery, PeriodField, Query, Scope
from analytics.question import Question
from analytics.result import Column, Result, Warning
from analytics.sources import cohorts, customer_cohorts
from analytics.sources.events import EVENTS
from analytics.sources.revenue import MOVEMENTS

EventName = Annotated[str, Field(min_length=1, max_length=200)]
Matrix = npt.NDArray[np.float64]
MONEY_SUBJECTS = ("customers", "revenue_net", "revenue_gross")


class Retention(Query):
    """`Retention(subject="customers", grain="month", period="12m")`.

    subject: `customers` by their first payment, `revenue_net` and `revenue_gross` of the same cohorts, or `users` by an event.
    For users: `start_event` and `return_event` (None: any event) and `mode`: `first_time` puts a user in the bucket of the
    first start ever, `recurring` in every bucket with a start. Buckets are those that meet the period, the first one whole.
    """

    kind: Literal["retention"] = "retention"
    period: PeriodField = Period("12m")
    subject: Literal["customers", "revenue_net", "revenue_gross", "users"] = "customers"
    grain: Literal["day", "week", "month"] = "month"
    start_event: EventName | None = None
    return_event: EventName | None = None
    mode: Literal["first_time", "recurring"] = "first_time"

    keeps_period: ClassVar[bool] = True  # a page of 30 days would leave one cohort of months

    def within(self, scope: Scope) -> Retention:
        """Filters and segment of the page; the grid keeps its own period and grain."""
        return super().within(scope.model_copy(update={"grain": None}))


@dataclass(frozen=True)
class Triangle:
    """`sizes[i]`: who began in bucket i; `values[i, k]`: who, or how much, of cohort i is there in bucket k (k > i)."""

    sizes: Matrix
    values: Matrix
    warnings: tuple[Warning, ...] = ()


def tables(query: Retention) -> Iterable[str]:
    return {"mrr_movements"} if query.subject in MONEY_SUBJECTS else {"events"}


def permissions(query: Retention) -> frozenset[Permission]:
    own = Permission.READ_MONEY if query.subject in MONEY_SUBJECTS else Permission.READ_KPI
    return frozenset({own}) | frozenset(dimension(f.dimension).permission for f in query.filters)


def lookback(query: Retention) -> int | None:
    """The first payment or event may lie anywhere in the past."""
    return None


def answer(question: Question) -> Result:
    """frame: one row per cohort and offset: `cohort` (start of the bucket), `size`, `offset` (0 = the cohort's own bucket),
    `value` (offset 0: the size), `rate` (value ÷ size, NaN for an empty cohort) and `complete` (the bucket is over).

    `extra["mean"]`: per offset the sums of `size` and `value` and their `rate`, over complete cells, empty cohorts left out.
    """
    query = cast(Retention, question.query)
    scan, begins = _buckets(question, Grain(query.grain))
    found = _found(question, scan, begins)
    frame = _frame(found, begins, _over(scan, Grain(query.grain), begins))
    total = float(found.sizes.sum())
    return Result(
        query=query,
        period=question.period,
        frame=frame,
        columns=_columns(query),
        totals={"size": total if total > 0 else None},
        warnings=found.warnings,
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"mean": _mean(frame)},
    )


def _buckets(question: Question, grain: Grain) -> tuple[Scan, tuple[date, ...]]:
    """The buckets that meet the period and have begun, and a scan whose period covers them from the first day of the first."""
    period, tenant = question.period, question.tenant
    if question.query.period.text == "all":
        raise InvalidQuery("a retention grid needs a period with a beginning: 12m, 12w or two dates")
    whole = replace(
        resolved(floor(period.first, grain, tenant.week_start), period.last, question.now, tenant), until=period.until, cut=period.cut
    )
    scan = replace(question.scan(grain), period=whole)
    begins = tuple(stamp.date() for stamp in Grid(scan, whole).buckets())
    if not 0 < len(begins) <= cohorts.MAX_BUCKETS:
        raise InvalidQuery(f"a retention grid has 1 to {cohorts.MAX_BUCKETS} buckets, not {len(begins)}: change the period or the grain")
    return scan, begins


def _over(scan: Scan, grain: Grain, begins: tuple[date, ...]) -> npt.NDArray[np.bool_]:
    """Which buckets are whole."""
    cut = Grid(replace(scan, grain=grain), scan.period).partial()
    return np.array([pd.Timestamp(begin) not in cut for begin in begins])


def _found(question: Question, scan: Scan, begins: tuple[date, ...]) -> Triangle:
    query = cast(Retention, question.query)
    source, metric = (EVENTS, "active_users") if query.subject == "users" else (MOVEMENTS, "customers")
    if not applies(source, scan):
        return _unsaid(begins, not_applicable([METRICS[metric]]))
    return _users(question, scan, begins) if query.subject == "users" else _customers(question, scan, begins)


def _unsaid(begins: tuple[date, ...], why: Warning) -> Triangle:
    return Triangle(np.full(len(begins), np.nan), np.full((len(begins), len(begins)), np.nan), (why,))


def _users(question: Question, scan: Scan, begins: tuple[date, ...]) -> Triangle:
    query = cast(Retention, question.query)
    asked = cohorts.Cohorts(
        scan, Grain(query.grain), begins, _named(query.start_event), _named(query.return_event), query.mode == "first_time"
    )
    sizes, values = pairs(*_who(question, asked), buckets=len(begins))
    return Triangle(sizes, values)


def _who(question: Question, asked: cohorts.Cohorts) -> tuple[Ints, Ints, Ints]:
    """Distinct joins and returns, a bit per bucket, and how many users share them."""
    statement = cohorts.statement(asked)
    if cohorts.is_plain(asked) and not question.warehouse.shared:
        question.trail.append(partial(question.warehouse.sql, statement))
        return cohorts.from_bits(asked, question)
    rows = question.read(statement)
    joins = _one_bit(rows["first"]) if asked.first_time else rows["starts"].to_numpy(np.int64)
    return joins, rows["returns"].to_numpy(np.int64), rows["n"].to_numpy(np.int64)


def _named(event: str | None) -> cohorts.Test | None:
    if event is None:
        return None

    def test(rows: sa.FromClause) -> sa.ColumnElement[bool]:
        return sa.func.coalesce(rows.c.name == event, sa.false())

    return test


def _one_bit(first: pd.Series) -> npt.NDArray[np.int64]:
    """Bucket numbers as bits; none where the first start lies before the range."""
    known = first.notna().to_numpy()
    return np.where(known, np.int64(1) << first.fillna(0).to_numpy(np.int64), np.int64(0))


def _customers(question: Question, scan: Scan, begins: tuple[date, ...]) -> Triangle:
    query = cast(Retention, question.query)
    gross = query.subject == "revenue_gross"
    rows = question.read(customer_cohorts.statement(scan, Grain(query.grain), each=gross))
    lacking = sorted({code for codes in rows["lacking"].dropna() for code in str(codes).split(",")})
    rows = rows.astype({"mrr": "float64", "joined_mrr": "float64"})
    value, size = ("customers", "joined") if query.subject == "customers" else ("mrr", "joined_mrr")
    if gross:
        rows = customer_cohorts.least_paid(rows)
    sizes, values = np.zeros(len(begins)), np.zeros((len(begins), len(begins)))
    place = {pd.Timestamp(begin): k for k, begin in enumerate(begins)}
    cohort, bucket = rows["cohort"].map(place).to_numpy(np.int64), rows["bucket"].map(place).to_numpy(np.int64)
    np.add.at(sizes, cohort, rows[size].fillna(0).to_numpy(np.float64))
    np.add.at(values, (cohort, bucket), rows[value].fillna(0).to_numpy(np.float64))
    if lacking and query.subject != "customers":
        return _unsaid(begins, no_rate(METRICS["mrr"], lacking))
    return Triangle(sizes, values.cumsum(axis=1))


def _frame(found: Triangle, begins: tuple[date, ...], over: npt.NDArray[np.bool_]) -> pd.DataFrame:
    cohort, bucket = np.triu_indices(len(begins))
    own = cohort == bucket
    value = np.where(own, found.sizes[cohort], found.values[cohort, bucket])
    size = found.sizes[cohort]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(size > 0, value / size, np.nan)
    stamps = pd.DatetimeIndex(begins).as_unit("us")
    return pd.DataFrame(
        {"cohort": stamps[cohort], "size": size, "offset": bucket - cohort, "value": value, "rate": rate, "complete": over[bucket]}
    )


def _mean(frame: pd.DataFrame) -> pd.DataFrame:
    """Offsets with the mean over cohorts, weighted by size."""
    sums = frame[frame["complete"] & (frame["size"] > 0)].groupby("offset", as_index=False)[["size", "value"]].sum()
    return sums.assign(rate=sums["value"] / sums["size"])


OFFSETS = {
    "day": Text("Days later", "Jours après"),
    "week": Text("Weeks later", "Semaines après"),
    "month": Text("Months later", "Mois après"),
}


def _columns(query: Retention) -> tuple[Column, ...]:
    unit = Unit.MONEY if query.subject.startswith("revenue") else Unit.COUNT
    return (
        Column("cohort", Text("Cohort", "Cohorte"), Unit.TIME, "time"),
        Column("size", Text("At the start", "Au départ"), unit, "metric"),
        Column("offset", OFFSETS[query.grain], Unit.COUNT, "dimension"),
        Column("value", Text("Still there", "Encore là"), unit, "metric"),
        Column("rate", Text("Retention", "Rétention"), Unit.RATIO, "metric"),
        Column("complete", Text("Complete", "Complet"), Unit.TEXT, "dimension"),
    )
