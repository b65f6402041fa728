"""People: who is behind a number, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.people_aggregate import own
from analytics.kinds.people_profiles import TABLES, described
from analytics.kinds.people_query import CELLS, People
from analytics.kinds.people_shapes import SHAPES, searched
from analytics.metric import Metric, Unit
from analytics.metrics import METRICS
from analytics.question import Question
from analytics.result import Column, Result
from data_access.schema import users

__all__ = ["People", "answer", "lookback", "looks_at", "members", "permissions", "tables", "until_now"]


def tables(query: People) -> Iterable[str]:
    return {*SHAPES[query.shape].tables(query.asked), *TABLES}


def permissions(query: People) -> frozenset[Permission]:
    return SHAPES[query.shape].permissions(query.asked) | {Permission.READ_PEOPLE}


def lookback(query: People) -> int | None:
    return SHAPES[query.shape].lookback(query.asked)


def until_now(query: People) -> bool:
    return SHAPES[query.shape].until_now(query.asked)


def looks_at(query: People) -> tuple[str, str]:
    """For the trail: whose list, of which cell."""
    cell = query.model_dump(mode="json", exclude_none=True, include=set(CELLS[query.shape]) | {"search"})
    return "list_people", " ".join([query.shape, *(f"{name}={value}" for name, value in cell.items())])


PEOPLE = Metric("people", Text("People", "Personnes"), Text("Behind the number.", "Derrière le nombre."), "activity", Unit.COUNT)
_NUMBERS = {
    "reached": (Text("Steps reached", "Étapes atteintes"), Unit.COUNT),
    "took": (Text("Time to convert", "Temps de conversion"), Unit.SECONDS),
    "times": (Text("Times", "Fois"), Unit.COUNT),
}


def members(question: Question) -> pd.DataFrame:
    """Everybody behind the cell that the question names: `key` and what the kind of question knows of each, as in `Shape.members`.

    For whatever wants the people themselves and not a page of them, such as a frozen segment.
    """
    query = cast(People, question.query)
    found = SHAPES[query.shape].members(replace(question, query=query.asked), query)
    if not query.search or query.of is None:
        return found
    mine = users.c.tenant == question.tenant.key, searched(query.search)
    return found[found["key"].isin(question.read(sa.select(users.c.user_key).where(*mine))["user_key"])]


def answer(question: Question) -> Result:
    """One row per person (session, account) of the page; `extra` says how many there are in all.

    Of an aggregate those with the largest `value` first, of everyone those seen last, of others in the order of their keys.
    """
    query = cast(People, question.query)
    found = members(question)
    page = found.iloc[query.offset : query.offset + query.limit].reset_index(drop=True)
    frame, columns = described(question, page)
    numbers = _numbers(query, page)
    frame = frame.astype({column.name: np.float64 for column in numbers})
    columns = (*columns, *numbers)
    return Result(
        query=query,
        period=question.period,
        frame=frame[["key", *(c.name for c in columns)]],
        columns=columns,
        metrics=(PEOPLE,),
        totals={"people": float(len(found))},
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"total": len(found), "offset": query.offset, "limit": query.limit},
    )


def _numbers(query: People, page: pd.DataFrame) -> tuple[Column, ...]:
    """What the question asked about says of each person."""
    known = tuple(Column(name, label, unit, "metric") for name, (label, unit) in _NUMBERS.items() if name in page.columns)
    if "value" not in page.columns or query.shape != "aggregate":
        return known
    of = own(METRICS[query.metric or query.asked.metrics[0]])  # type: ignore[attr-defined]
    return (Column("value", of.label, of.unit, "metric"), *known)
