"""Grids of users whose columns are brackets or 24-hour windows, or that have more buckets than one number holds bits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from analytics.kernels.arrays import Flags, Floats, Ints, distinct
from analytics.kernels.attribution import OTHER
from analytics.kinds.aggregate import no_rate
from analytics.kinds.retention_grid import Buckets, Triangle, buckets_of, unsaid
from analytics.kinds.retention_people import Cell, Words
from analytics.kinds.retention_query import Retention
from analytics.metrics import METRICS
from analytics.question import Question
from analytics.sources import cohort_visits, cohort_windows
from analytics.sources.cohorts import MAX_BUCKETS


def needed(query: Retention, buckets: Buckets) -> bool:
    """Whether a bit per bucket does not say enough."""
    return bool(query.brackets) or query.windows == "24h" or len(buckets) > MAX_BUCKETS


@dataclass(frozen=True)
class Spans:
    """People of each slice (`key`, `part`: the place of the slice in `words`), who joined when, and what they did afterwards.

    A join is a person and a bucket. A deed is a person, a place `at` and a value, ascending by place: the bucket of the
    calendar, or cohort × `width` + window. `enough` marks the deeds that count as having come back.
    """

    key: Ints
    part: Ints
    words: tuple[Words, ...]
    joiner: Ints
    joined: Ints
    doer: Ints
    at: Ints
    value: Floats
    width: int  # 0 for the calendar
    lacking: tuple[str, ...] = ()

    def cohort(self, bucket: int) -> Flags:
        """Who joined in that bucket."""
        flags = np.zeros(len(self.key), bool)
        flags[self.joiner[self.joined == bucket]] = True
        return flags

    def place(self, bucket: int, offset: int) -> int:
        return bucket * self.width + offset if self.width else bucket + offset

    def deeds(self, bucket: int, first: int, last: int) -> slice:
        """Which deeds lie in these offsets of the cohort, both included."""
        edges = np.searchsorted(self.at, [self.place(bucket, first), self.place(bucket, last) + 1])
        return slice(int(edges[0]), int(edges[1]))


def grids(question: Question, buckets: Buckets) -> list[Triangle]:
    """A triangle per slice, the largest first; each column stands at the bucket of its first offset."""
    query = cast(Retention, question.query)
    spans = _spans(question, buckets)
    if spans.lacking:
        return [replace(unsaid(len(buckets), no_rate(METRICS["mrr"], spans.lacking)), slice=("",) * len(query.by))]
    people, values = _counted(query, spans, len(buckets))
    begun = people.sum(axis=1)
    others = np.array([query.by != () and set(words) == {OTHER} for words in spans.words], bool)
    found = [_triangle(query, (people[s], values[s]), spans.words[s]) for s in np.lexsort((-begun, others)) if begun[s] or not query.by]
    return found or [_triangle(query, (np.zeros(len(buckets)), np.zeros((len(buckets), len(buckets)))), ("",) * len(query.by))]


def _triangle(query: Retention, counted: tuple[Floats, Floats], words: Words) -> Triangle:
    people, values = counted
    if query.sum_of is None:
        return Triangle(people, values, slice=words)
    return Triangle(values.diagonal().copy(), values, slice=words, people=people)


def _counted(query: Retention, spans: Spans, size: int) -> tuple[Floats, Floats]:
    """`people[s, i]`: who of slice s joined in bucket i; `values[s, i, k]`: who came back, or for how much, in the column at k."""
    slices = max(len(spans.words), 1)
    people, values = np.zeros((slices, size)), np.zeros((slices, size, size))
    for i in range(size):
        joined = spans.cohort(i)
        people[:, i] = np.bincount(spans.part[joined], minlength=slices)
        for first, last in query.columns(size):
            if i + first < size:
                deeds = spans.deeds(i, first, _last(query, (i, last), size))
                values[:, i, i + first] = _cell(query, spans, (deeds, joined), slices=slices)
    return people, values


def _last(query: Retention, column: tuple[int, int], size: int) -> int:
    """The last offset to look at: of a cohort none beyond the grid, of a rolling column all up to there."""
    cohort, last = column
    return size - 1 - cohort if query.rolling and last else min(last, size - 1 - cohort)


def _cell(query: Retention, spans: Spans, chosen: tuple[slice, Flags], *, slices: int) -> Floats:
    deeds, joined = chosen
    who, mine = spans.doer[deeds], joined[spans.doer[deeds]]
    if query.sum_of is not None:
        return np.bincount(spans.part[who[mine]], spans.value[deeds][mine], minlength=slices).astype(np.float64)
    return np.bincount(spans.part[distinct(who[mine])], minlength=slices).astype(np.float64)


def _spans(question: Question, buckets: Buckets) -> Spans:
    query = cast(Retention, question.query)
    windows = query.windows == "24h"
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
        instants=windows,
    )
    inside = replace(question, period=buckets.scan.period)
    if windows:
        select = cohort_windows.statement(of, inside, seconds=query.window_seconds, every=query.mode == "recurring")
        return _folded(query, inside.read(select), buckets)
    return _folded(query, inside.read(cohort_visits.statement(of, inside)), buckets)


def _folded(query: Retention, rows: pd.DataFrame, buckets: Buckets) -> Spans:
    """Slices beyond the limit become one."""
    names = [f"slice_{i}" for i in range(len(query.by))]
    found = _numbered(query, rows, names, buckets)
    ranked = np.argsort(-np.bincount(found.part[distinct(found.joiner)], minlength=len(found.words)), kind="stable")
    if not query.by or len(ranked) <= query.limit:
        return found
    rest = {found.words[s] for s in ranked[query.limit :]}
    rows.loc[np.array([words in rest for words in zip(*(rows[name].tolist() for name in names), strict=True)]), names] = OTHER
    keys = [name for name in ("who", "bucket", *names, "started", "window") if name in rows.columns and name != "started"]
    how = {"started": "max", "n": "sum", "value": "sum", "lacking": "first"}
    merged = rows.groupby(keys, dropna=False, as_index=False).agg({k: v for k, v in how.items() if k in rows.columns})
    return _numbered(query, merged, names, buckets)


def _numbered(query: Retention, rows: pd.DataFrame, names: list[str], buckets: Buckets) -> Spans:
    codes, words = _slices(rows, names)
    people = pd.DataFrame({"slice": codes, "key": rows["who"].to_numpy(np.int64)})
    who = people.groupby(["slice", "key"]).ngroup().to_numpy(np.int64)
    people = people.drop_duplicates().sort_values(["slice", "key"], ignore_index=True)
    stamps = pd.to_datetime(rows["bucket"]).to_numpy("datetime64[us]")
    known = ~np.isnat(stamps)
    bucket = np.where(known, np.searchsorted(buckets.stamps.to_numpy("datetime64[us]"), stamps), -1)
    enough = known & (rows["n"].to_numpy(np.int64, na_value=0) >= query.min_occurrences)
    joiner, joined = _joins(query, rows, who, bucket)
    at, width = bucket, 0
    if "window" in rows.columns:
        width = len(buckets)
        window = np.minimum(rows["window"].to_numpy(np.int64, na_value=-1), width - 1 - bucket)  # months are longer than 30 days
        enough &= window >= 0
        at = bucket * width + window
    order = np.flatnonzero(enough)[np.argsort(at[enough], kind="stable")]
    value = rows["value"].to_numpy(np.float64, na_value=0.0) if query.sum_of else np.zeros(len(rows))
    lacking = tuple(sorted(set(rows["lacking"].dropna()))) if query.sum_of else ()
    key, part = people["key"].to_numpy(np.int64), people["slice"].to_numpy(np.int64)
    return Spans(key, part, words, joiner, joined, who[order], at[order], value[order], width, lacking)


def _slices(rows: pd.DataFrame, names: list[str]) -> tuple[Ints, tuple[Words, ...]]:
    if not names:
        return np.zeros(len(rows), np.int64), ((),)
    codes, words = pd.factorize(pd.Series(list(zip(*(rows[name].tolist() for name in names), strict=True)), dtype=object))
    return codes.astype(np.int64), tuple(words)


def _joins(query: Retention, rows: pd.DataFrame, who: Ints, bucket: Ints) -> tuple[Ints, Ints]:
    """Who joins which bucket, each pair once; -1 stands for a start before the grid, which keeps its user out."""
    started = np.ones(len(rows), bool) if "window" in rows.columns else rows["started"].to_numpy(np.int64) > 0
    pairs = pd.DataFrame({"who": who[started], "bucket": bucket[started]}).drop_duplicates()
    if query.mode != "recurring":
        pairs = pairs.groupby("who", as_index=False)["bucket"].min()
    pairs = pairs[pairs["bucket"] >= 0]
    return pairs["who"].to_numpy(np.int64), pairs["bucket"].to_numpy(np.int64)


def members(question: Question, cell: Cell) -> pd.DataFrame:
    """The users of a cell: `key`, in ascending order. `later` is the first offset of its column."""
    buckets = buckets_of(question)
    query = cast(Retention, question.query)
    if cell.slice is None and query.by:
        query = query.model_copy(update={"by": ()})
    spans = _spans(replace(question, query=query), buckets)
    chosen = np.zeros(len(spans.key), bool)
    for i in range(len(buckets)) if cell.cohort is None else [int(k) for k in np.flatnonzero(buckets.stamps == cell.cohort)]:
        chosen |= _chosen(query, spans, cell, (i, len(buckets)))
    if cell.slice is not None:
        chosen &= np.array([word == cell.slice for word in spans.words], bool)[spans.part]
    return pd.DataFrame({"key": np.unique(spans.key[chosen])})


def _chosen(query: Retention, spans: Spans, cell: Cell, at: tuple[int, int]) -> Flags:
    (cohort, size), joined = at, spans.cohort(at[0])
    if not cell.later:
        return joined
    column = next(((first, last) for first, last in query.columns(size) if first == cell.later), None)
    if column is None or cohort + column[0] >= size:
        return np.zeros(len(spans.key), bool)
    back = np.zeros(len(spans.key), bool)
    back[spans.doer[spans.deeds(cohort, column[0], _last(query, (cohort, column[1]), size))]] = True
    return joined & ~back if cell.outcome == "dropped" else joined & back
