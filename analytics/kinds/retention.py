"""Retention: of those who began together, how many, or how much revenue, is still there later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd

from accounts.language import Text
from analytics.compile import applies
from analytics.kernels.arrays import Ints
from analytics.kinds import retention_people, retention_spans
from analytics.kinds.aggregate import no_rate, not_applicable
from analytics.kinds.retention_columns import complete
from analytics.kinds.retention_grid import Buckets, Triangle, buckets_of, unsaid
from analytics.kinds.retention_people import Cell
from analytics.kinds.retention_query import MONEY_SUBJECTS, VALUE, Retention, permissions
from analytics.metric import Unit
from analytics.metrics import METRICS
from analytics.question import Question
from analytics.result import Column, Result
from analytics.sources import customer_cohorts
from analytics.sources.events import EVENTS
from analytics.sources.revenue import MOVEMENTS
from analytics.where import PERSON, event_dimension

__all__ = ["Retention", "answer", "lookback", "members", "permissions", "tables"]


def tables(query: Retention) -> Iterable[str]:
    if query.subject in MONEY_SUBJECTS:
        return {"mrr_movements"}
    return {"events", "users"} if query.about_people else {"events"}


def lookback(query: Retention) -> int | None:
    """The first payment or event may lie anywhere in the past."""
    return None


def answer(question: Question) -> Result:
    """frame: one row per cohort and offset, of each slice: the slice's columns (`by`), `cohort` (start of the bucket), `size`,
    `offset` (0 = the cohort's own bucket), `value` (offset 0: the size), `rate` (value ÷ size, NaN for an empty cohort) and
    `complete` (nothing that the cell counts is still to come). With `brackets` also `until`, the last offset of the column, whose
    first is `offset`; with `sum_of` also `people`, the users of the cohort.

    `extra["mean"]`: per slice and offset the sums of `size` and `value` and their `rate`, over complete cells, empty cohorts left
    out.
    """
    query = cast(Retention, question.query)
    buckets = buckets_of(question)
    found = _found(question, buckets)
    frame = pd.concat([_frame(one, buckets, query) for one in found], ignore_index=True)
    total = float(sum(one.sizes.sum() for one in found))
    warnings = tuple(dict.fromkeys(warning for one in found for warning in one.warnings))
    return Result(
        query=query,
        period=question.period,
        frame=frame,
        columns=_columns(query),
        totals={"size": total if total > 0 else None},
        warnings=warnings,
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"mean": _mean(frame, list(query.by))},
    )


def _found(question: Question, buckets: Buckets) -> list[Triangle]:
    """A triangle per slice; one of nobody where a breakdown finds no slice."""
    query = cast(Retention, question.query)
    source, metric = (EVENTS, "active_users") if query.subject == "users" else (MOVEMENTS, "customers")
    known = tuple(f for f in buckets.scan.filters if query.subject != "users" or not f.dimension.startswith(PERSON))
    if not applies(source, replace(buckets.scan, filters=known)):
        return [replace(unsaid(len(buckets), not_applicable([METRICS[metric]])), slice=("",) * len(query.by))]
    if query.subject != "users":
        return [_customers(question, buckets)]
    return (retention_spans if retention_spans.needed(query, buckets) else retention_people).grids(question, buckets)


def members(question: Question, cell: Cell) -> pd.DataFrame:
    """The users of a cell: `key`, in ascending order."""
    query = cast(Retention, question.query)
    by_span = retention_spans.needed(query, buckets_of(question))
    return (retention_spans if by_span else retention_people).members(question, cell)


def _customers(question: Question, buckets: Buckets) -> Triangle:
    query, begins = cast(Retention, question.query), buckets.days
    gross = query.subject == "revenue_gross"
    rows = question.read(customer_cohorts.statement(buckets.scan, buckets.grain, each=gross))
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
        return unsaid(len(begins), no_rate(METRICS["mrr"], lacking))
    return Triangle(sizes, values.cumsum(axis=1))


def _frame(found: Triangle, buckets: Buckets, query: Retention) -> pd.DataFrame:
    cohort, bucket, last = _cells(query, len(buckets))
    own = cohort == bucket
    value = np.where(own, found.sizes[cohort], found.values[cohort, bucket])
    size = found.sizes[cohort]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(size > 0, value / size, np.nan)
    over = complete(query, buckets)[cohort, bucket]
    words = {name: [word] * len(cohort) for name, word in zip(query.by, found.slice, strict=True)}
    cells = {"cohort": buckets.stamps[cohort], "size": size, "offset": bucket - cohort, "value": value, "rate": rate, "complete": over}
    if query.brackets:
        cells["until"] = last
    people = {} if found.people is None else {"people": found.people[cohort]}
    return pd.DataFrame(words | cells | people)


def _cells(query: Retention, size: int) -> tuple[Ints, Ints, Ints]:
    """Each cell's cohort, the bucket of its column's first offset, and the last offset of the column."""
    cohort, bucket = np.triu_indices(size)
    if not query.brackets:
        return cohort, bucket, bucket - cohort
    lasts = dict(query.columns(size))
    shown = np.isin(bucket - cohort, list(lasts))
    return cohort[shown], bucket[shown], np.array([lasts[k] for k in (bucket - cohort)[shown]], np.int64)


def _mean(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Offsets with the mean over cohorts, weighted by size."""
    whole = frame[frame["complete"] & (frame["size"] > 0)]
    sums = whole.groupby([*by, "offset"], as_index=False, sort=not by)[["size", "value"]].sum()
    return sums.assign(rate=sums["value"] / sums["size"])


OFFSETS = {
    "hour": Text("Hours later", "Heures après"),
    "day": Text("Days later", "Jours après"),
    "week": Text("Weeks later", "Semaines après"),
    "month": Text("Months later", "Mois après"),
}


def _columns(query: Retention) -> tuple[Column, ...]:
    unit = Unit.MONEY if query.subject.startswith("revenue") or query.sum_of == VALUE else Unit.NUMBER if query.sum_of else Unit.COUNT
    people = (Column("people", Text("People at the start", "Personnes au départ"), Unit.COUNT, "metric"),) if query.sum_of else ()
    return (
        *(Column(name, event_dimension(name).label, Unit.TEXT, "dimension") for name in query.by),
        Column("cohort", Text("Cohort", "Cohorte"), Unit.TIME, "time"),
        Column("size", Text("At the start", "Au départ"), unit, "metric"),
        Column("offset", OFFSETS[query.grain], Unit.COUNT, "dimension"),
        Column("value", Text("Still there", "Encore là"), unit, "metric"),
        Column("rate", Text("Retention", "Rétention"), Unit.RATIO, "metric"),
        Column("complete", Text("Complete", "Complet"), Unit.TEXT, "dimension"),
        *((Column("until", Text("Up to", "Jusqu’à"), Unit.COUNT, "dimension"),) if query.brackets else ()),
        *people,
    )
