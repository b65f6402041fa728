"""Who makes a number of an Aggregate: those whose own rows give it a value of their own, and that value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from analytics.compile import OPENING, UNRATED, applies, is_running, statement
from analytics.dimensions import dimension
from analytics.kinds.aggregate import Aggregate
from analytics.metric import Metric, Scan, Source
from analytics.metrics import METRICS, metric
from analytics.period import Grain, step
from analytics.query import InvalidQuery
from analytics.question import Question

USER = "user"
VALUE = "value"


@dataclass(frozen=True)
class Cell:
    """A number of an answer: the metric, the start of its bucket and its slice; None where it is of all."""

    metric: str
    bucket: date | None = None
    slice: tuple[str, ...] | None = None


def own(of: Metric) -> Metric:
    """The metric whose value per person says who is behind `of`.

    A difference or sum of like numbers is computed per person. Of a ratio it is what is counted above the line. Raises InvalidQuery
    where no person is behind it, such as the cost of a channel.
    """
    if (found := _own(of)) is None:
        raise InvalidQuery(f"nobody is behind “{of.name}”: its rows are not about people")
    return found


def personal(name: str) -> bool:
    """Whether people are behind the metric."""
    return _own(metric(name)) is not None


def _own(of: Metric) -> Metric | None:
    if of.source is not None:
        return of if USER in of.source.dimensions else None
    needs = [METRICS[name] for name in of.needs]
    if all(need.unit is of.unit and _own(need) is need for need in needs):
        return of
    return next((found for need in needs if (found := _own(need)) is not None), None)


def sources(of: Metric) -> Iterable[Source]:
    """What is read to say who is behind it."""
    for one in (of, *(METRICS[name] for name in of.needs)):
        if one.source is not None:
            yield one.source


def members(question: Question, of: Aggregate, cell: Cell) -> pd.DataFrame:
    """`key` (the user's) and `value` (the person's own part of the number), the largest first."""
    chosen = own(metric(cell.metric))
    found = _computed(question, of, cell, chosen)
    keys, values = found.index.to_numpy(np.int64), found.to_numpy(np.float64)
    order = np.lexsort((keys, -values))
    return pd.DataFrame({"key": keys[order], VALUE: values[order]})


def _computed(question: Question, of: Aggregate, cell: Cell, chosen: Metric) -> pd.Series:
    """Each person's value, by key; only those who have one."""
    if chosen.formula is None:
        return _read(question, of, cell, chosen)
    parts = {name: _read(question, of, cell, METRICS[name]) for name in chosen.needs}
    table = pd.DataFrame(parts)
    table = table.fillna({name: METRICS[name].empty or 0.0 for name in chosen.needs})
    value = chosen.formula({name: table[name] for name in chosen.needs}).astype("float64")
    return value[value.notna() & (value != 0)]


def _read(question: Question, of: Aggregate, cell: Cell, one: Metric) -> pd.Series:
    assert one.source is not None
    scan = _narrowed(question, of, cell, one)
    if not applies(one.source, scan):
        return pd.Series(dtype="float64")
    frame = question.read(_statement(one, scan, of, cell))
    return pd.Series(frame[VALUE].to_numpy(np.float64, na_value=0.0), index=frame["key"].to_numpy(np.int64))


def _narrowed(question: Question, of: Aggregate, cell: Cell, one: Metric) -> Scan:
    """The scan of the answer, person by person; where days are independent of each other only those of the bucket."""
    grain = Grain(of.grain) if of.grain else None
    cuts = of.by if cell.slice is not None else ()
    scan = replace(question.scan(grain), by=tuple(dimension(name) for name in (*cuts, USER)))
    assert one.source is not None
    if cell.bucket is None or grain is None or one.source.confined or is_running([one]):
        return scan
    begin = _date(cell.bucket)
    end = step(begin, Grain.DAY if grain is Grain.HOUR else grain)
    period = replace(scan.period, first=max(scan.period.first, begin), last=min(scan.period.last, end))
    return replace(scan, period=period)


def _date(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _statement(one: Metric, scan: Scan, of: Aggregate, cell: Cell) -> sa.Select[Any]:
    assert one.source is not None
    rows = statement(one.source, [one], scan).limit(None).subquery("people")
    key = _key(rows.c[USER])
    where = [key.is_not(None), *_bucket(rows, one, scan, cell), *_slice(rows, of, cell)]
    value = sa.func.sum(rows.c[one.name]) if is_running([one]) else rows.c[one.name]
    select = sa.select(key.label("key"), value.label(VALUE)).where(*where)
    if is_running([one]):
        return select.group_by(key).having(sa.or_(value != 0, *_unrated(rows, one, whole=True)))
    # Of a mean or a percentile a person with 0 is behind it too; of a count or a sum not.
    return select.where(sa.or_(value != 0, *_unrated(rows, one)) if one.empty == 0 else value.is_not(None))


def _unrated(rows: sa.FromClause, one: Metric, *, whole: bool = False) -> list[sa.ColumnElement[bool]]:
    """Money without a rate of exchange is somebody's too."""
    if not one.unrated:
        return []
    lacking = rows.c[one.name + UNRATED]
    return [(sa.func.max(lacking) if whole else lacking).is_not(None)]


def _key(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """TRICKY: sources that aggregate by themselves give the key as text, and "" for nobody."""
    if isinstance(column.type, sa.Text):
        return sa.cast(sa.func.nullif(column, ""), sa.BigInteger)
    return column


def _bucket(rows: sa.FromClause, one: Metric, scan: Scan, cell: Cell) -> list[sa.ColumnElement[bool]]:
    """Rows of the bucket; for a running sum all up to its end, or its start."""
    running = is_running([one])
    if "bucket" not in rows.c:
        return []
    column, opening = rows.c.bucket, sa.cast(sa.literal(OPENING), sa.Date)
    if cell.bucket is None:
        return [column == opening] if running and one.when == "opening" else []
    hourly = scan.grain is Grain.HOUR
    at = _moment(cell.bucket) if hourly else _date(cell.bucket)
    wanted = sa.cast(sa.literal(at), sa.DateTime() if hourly else sa.Date())
    if running:
        return [column < wanted if one.when == "opening" else column <= wanted]
    return [column == wanted]


def _moment(bucket: date) -> datetime:
    return bucket if isinstance(bucket, datetime) else datetime(bucket.year, bucket.month, bucket.day)


def _slice(rows: sa.FromClause, of: Aggregate, cell: Cell) -> list[sa.ColumnElement[bool]]:
    if cell.slice is None:
        return []
    words = [sa.func.coalesce(sa.cast(rows.c[name], sa.Text), "") for name in of.by]
    return [word == value for word, value in zip(words, cell.slice, strict=True)]


__all__ = ["USER", "VALUE", "Cell", "members", "own", "personal", "sources"]
