"""Grids of users, and who is behind a cell of one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.kernels.arrays import Flags, Floats, Ints
from analytics.kernels.attribution import OTHER
from analytics.kernels.pairs import lowest, or_later, pairs, sums
from analytics.kinds.aggregate import no_rate
from analytics.kinds.retention_grid import Buckets, Triangle, buckets_of, unsaid
from analytics.kinds.retention_query import Retention
from analytics.matching import Matcher, matched
from analytics.metric import Scan
from analytics.metrics import METRICS
from analytics.period import Grain
from analytics.question import Question
from analytics.sources import cohort_visits, cohorts

Words = tuple[str, ...]


def grids(question: Question, buckets: Buckets) -> list[Triangle]:
    """A triangle per slice, the largest first."""
    query = cast(Retention, question.query)
    if _bits_say_enough(query, buckets):
        joins, returns, n = _who(question, buckets)
        return [Triangle(*_counted(query, (_entries(query, joins), returns, n), len(buckets)))]
    visits = _visits(question, buckets, query)
    nobody = ("",) * len(query.by)
    if visits.lacking:
        return [replace(unsaid(len(buckets), no_rate(METRICS["mrr"], visits.lacking)), slice=nobody)]
    begun = np.bincount(visits.slice[visits.joins != 0], minlength=len(visits.words))
    others = np.array([query.by != () and set(words) == {OTHER} for words in visits.words], bool)
    found = [_triangle(query, visits, int(at), len(buckets)) for at in np.lexsort((-begun, others)) if begun[at] or not query.by]
    return found or [Triangle(np.zeros(len(buckets)), np.zeros((len(buckets), len(buckets))), slice=nobody, people=_none(query, buckets))]


def _none(query: Retention, buckets: Buckets) -> Floats | None:
    return np.zeros(len(buckets)) if query.sum_of else None


def _bits_say_enough(query: Retention, buckets: Buckets) -> bool:
    """Whether it is enough to know who started and returned in which bucket, by days and by events alone."""
    counted = query.min_occurrences > 1 or query.sum_of or query.by
    narrowed = query.where or query.since or query.until or query.about_people
    return not counted and not narrowed and buckets.grain is not Grain.HOUR


def _who(question: Question, buckets: Buckets) -> tuple[Ints, Ints, Ints]:
    """Distinct joins and returns, a bit per bucket, and how many users share them."""
    query = cast(Retention, question.query)
    tests = [_test(matcher, buckets.scan) for matcher in (query.start, query.back)]
    asked = cohorts.Cohorts(buckets.scan, buckets.grain, buckets.days, tests[0], tests[1], query.mode == "first_time")
    statement = cohorts.statement(asked)
    if cohorts.is_plain(asked) and not question.warehouse.shared:
        question.trail.append(partial(question.warehouse.sql, statement))
        return cohorts.from_bits(asked, question)
    rows = question.read(statement)
    joins = _one_bit(rows["first"]) if asked.first_time else rows["starts"].to_numpy(np.int64)
    return joins, rows["returns"].to_numpy(np.int64), rows["n"].to_numpy(np.int64)


def _test(matcher: Matcher | None, scan: Scan) -> cohorts.Test | None:
    if matcher is None:
        return None

    def test(rows: sa.FromClause) -> sa.ColumnElement[bool]:
        return sa.func.coalesce(matched(rows, matcher, scan), sa.false())

    return test


def _one_bit(first: pd.Series) -> Ints:
    """Bucket numbers as bits; none where the first start lies before the range."""
    known = first.notna().to_numpy()
    return np.where(known, np.int64(1) << first.fillna(0).to_numpy(np.int64), np.int64(0))


def _entries(query: Retention, starts: Ints) -> Ints:
    """The buckets that a user joins, of those with a start."""
    return starts if query.mode == "recurring" else lowest(starts)


def _counted(query: Retention, bits: tuple[Ints, Ints, Ints], buckets: int) -> tuple[Floats, Floats]:
    joins, returns, n = bits
    return pairs(joins, or_later(returns) if query.rolling else returns, n, buckets)


@dataclass(frozen=True)
class Visits:
    """Users of each slice: `key` and `slice` (a place in `words`), `joins` and `returns` with a bit per bucket.

    `who` (a place among these users), `bucket` and `value` say what they did, entry by entry. `lacking`: currencies without a rate.
    """

    key: Ints
    slice: Ints
    words: tuple[Words, ...]
    joins: Ints
    returns: Ints
    who: Ints
    bucket: Ints
    value: Floats
    lacking: tuple[str, ...] = ()


def _visits(question: Question, buckets: Buckets, query: Retention) -> Visits:
    """Everybody who started or returned, slices beyond the limit as one."""
    of = cohort_visits.Visits(
        scan=buckets.scan,
        grain=buckets.grain,
        start=query.start,
        back=query.back,
        by=query.by,
        sum_of=query.sum_of,
        history=query.mode == "first_time",
        people=query.about_people,
        bare=not (query.where or query.since or query.until or query.about_people),
        since=query.since,
    )
    rows = question.read(cohort_visits.statement(of, replace(question, period=buckets.scan.period)))
    names = [f"slice_{i}" for i in range(len(query.by))]
    found = _numbered(query, rows, names, buckets)
    ranked = np.argsort(-np.bincount(found.slice[found.joins != 0], minlength=len(found.words)), kind="stable")
    if query.by and len(ranked) > query.limit:
        rest = np.isin(found.slice[found.who], ranked[query.limit :])
        rows.loc[rest, names] = OTHER
        found = _numbered(query, _merged(rows, names), names, buckets)
    return found


def _merged(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """One row per user, bucket and slice again."""
    how = {"started": "max", "n": "sum", "value": "sum", "lacking": "first"}
    return rows.groupby(["who", "bucket", *names], dropna=False, as_index=False).agg({k: v for k, v in how.items() if k in rows.columns})


def _numbered(query: Retention, rows: pd.DataFrame, names: list[str], buckets: Buckets) -> Visits:
    keys = pd.Series(list(zip(*(rows[name].tolist() for name in names), strict=True)) if names else [()] * len(rows), dtype=object)
    slices, words = pd.factorize(keys) if names else (np.zeros(len(rows), np.int64), [()])
    people = pd.DataFrame({"slice": slices, "key": rows["who"].to_numpy(np.int64)})
    who = people.groupby(["slice", "key"]).ngroup().to_numpy(np.int64)
    people = people.drop_duplicates().sort_values(["slice", "key"], ignore_index=True)
    stamps = pd.to_datetime(rows["bucket"]).to_numpy("datetime64[us]")
    known, started = ~np.isnat(stamps), rows["started"].to_numpy(np.int64) > 0
    bucket = np.where(known, np.searchsorted(buckets.stamps.to_numpy("datetime64[us]"), stamps), 0)
    enough = known & (rows["n"].to_numpy(np.int64, na_value=0) >= query.min_occurrences)
    starts, earlier = _bits(who, bucket, started & known, len(people)), np.zeros(len(people), bool)
    earlier[who[started & ~known]] = True
    value = rows["value"].to_numpy(np.float64, na_value=0.0) if query.sum_of else np.zeros(len(rows))
    return Visits(
        people["key"].to_numpy(np.int64),
        people["slice"].to_numpy(np.int64),
        tuple(words),
        np.where(earlier, 0, _entries(query, starts)),
        _bits(who, bucket, enough, len(people)),
        who,
        bucket,
        np.where(enough, value, 0.0),
        tuple(sorted(set(rows["lacking"].dropna()))) if query.sum_of else (),
    )


def _bits(who: Ints, bucket: Ints, chosen: Flags, people: int) -> Ints:
    found = np.zeros(people, np.int64)
    np.bitwise_or.at(found, who[chosen], np.int64(1) << bucket[chosen])
    return found


def _triangle(query: Retention, visits: Visits, at: int, buckets: int) -> Triangle:
    here = visits.slice == at
    bits = visits.joins[here], visits.returns[here], np.ones(int(here.sum()), np.int64)
    sizes, values = _counted(query, bits, buckets)
    if query.sum_of is None:
        return Triangle(sizes, values, slice=visits.words[at])
    joins = np.where(here, visits.joins, 0)
    totals = sums(joins, visits.who, (visits.bucket, visits.value), buckets=buckets)
    later = np.triu(totals[:, ::-1].cumsum(axis=1)[:, ::-1]) if query.rolling else totals
    return Triangle(totals.diagonal().copy(), later, slice=visits.words[at], people=sizes)


@dataclass(frozen=True)
class Cell:
    """Users of the cohort that began at `cohort` (None: any), `later` buckets on (None: wherever) back or not, in one slice."""

    cohort: pd.Timestamp | None = None
    later: int | None = None
    outcome: Literal["reached", "dropped"] | None = None
    slice: Words | None = None


def members(question: Question, cell: Cell) -> pd.DataFrame:
    """The users of a cell: `key`, in ascending order."""
    buckets = buckets_of(question)
    query = cast(Retention, question.query)
    if cell.slice is None:
        query = query.model_copy(update={"by": ()})
    visits = _visits(question, buckets, query)
    chosen = _chosen(query, visits, cell, buckets)
    if cell.slice is not None:
        chosen &= np.array([word == cell.slice for word in visits.words], bool)[visits.slice]
    return pd.DataFrame({"key": np.unique(visits.key[chosen])})


def _chosen(query: Retention, visits: Visits, cell: Cell, buckets: Buckets) -> Flags:
    if cell.cohort is not None and cell.cohort not in buckets.stamps:
        return np.zeros(len(visits.key), bool)
    joins = visits.joins & (-1 if cell.cohort is None else 1 << int(buckets.stamps.get_loc(cell.cohort)))
    if not cell.later:
        return joins != 0
    if cell.later >= len(buckets):
        return np.zeros(len(visits.key), bool)
    back = (or_later(visits.returns) if query.rolling else visits.returns) >> cell.later
    seen = joins & ((1 << (len(buckets) - cell.later)) - 1)  # a later cohort has no such cell
    return (seen & ~back if cell.outcome == "dropped" else seen & back) != 0
