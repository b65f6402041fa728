"""Every event name there is: how often in the period and in the one before, since when, until when. From the daily rollup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Metric, Unit
from analytics.period import Period
from analytics.query import InvalidQuery, PeriodField, Query
from analytics.question import Question
from analytics.result import Column, Result
from data_access.schema import rollup_event_day


class EventNames(Query):
    """The names of events, the most frequent first. `period`: what is counted; the period of equal length before it stands beside."""

    kind: Literal["event_names"] = "event_names"
    period: PeriodField = Period("7d")
    limit: int = Field(1_000, ge=1, le=10_000)


EVENTS = Metric("events", Text("Events", "Événements"), Text("In the period.", "Dans la période."), "activity", Unit.COUNT, empty=0.0)
BEFORE = Metric(
    "events_before",
    Text("Events before", "Événements avant"),
    Text("In as many days before the period.", "Dans autant de jours avant la période."),
    "activity",
    Unit.COUNT,
    empty=0.0,
)
COLUMNS = (
    Column("event", Text("Event", "Événement"), Unit.TEXT, "dimension"),
    Column("first_day", Text("First seen", "Première fois"), Unit.TEXT, "dimension"),
    Column("last_day", Text("Last seen", "Dernière fois"), Unit.TEXT, "dimension"),
    Column("events", EVENTS.label, EVENTS.unit, "metric"),
    Column("events_before", BEFORE.label, BEFORE.unit, "metric"),
)


def tables(query: EventNames) -> Iterable[str]:
    return ("events",)


def permissions(query: EventNames) -> frozenset[Permission]:
    return frozenset({Permission.READ_KPI})


def lookback(query: EventNames) -> int | None:
    return None  # since when is known only from all history


def answer(question: Question) -> Result:
    """One row per name: `event`, `first_day` and `last_day` (ISO days of the tenant), `events`, `events_before`."""
    query = question.query
    assert isinstance(query, EventNames)
    if query.filters or query.segment is not None:
        raise InvalidQuery("the names of events know no filter: remove it")
    frame = question.read(_statement(question).limit(query.limit))
    frame = frame.astype({"events": "float64", "events_before": "float64"})
    for name in ("first_day", "last_day"):
        frame[name] = [pd.Timestamp(day).date().isoformat() for day in frame[name]]
    return Result(
        query=query,
        period=question.period,
        frame=frame,
        columns=COLUMNS,
        metrics=(EVENTS, BEFORE),
        totals={"events": float(frame["events"].sum()), "events_before": float(frame["events_before"].sum())},
        trail=tuple(question.trail),
    )


def _statement(question: Question) -> sa.Select[Any]:
    c, period = rollup_event_day.c, question.period
    before = period.first - (period.last - period.first)
    inside = sa.and_(c.day >= period.first, c.day < period.last)
    earlier = sa.and_(c.day >= before, c.day < period.first)
    count = _sum(inside).label("events")
    select = sa.select(
        c.name.label("event"), sa.func.min(c.day).label("first_day"), sa.func.max(c.day).label("last_day"), count,
        _sum(earlier).label("events_before"),
    )  # fmt: skip
    bounds = (c.tenant == question.tenant.key, c.name.is_not(None), c.day < period.last)
    return select.where(*bounds).group_by(c.name).order_by(count.desc(), c.name)


def _sum(when: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
    return sa.func.sum(sa.case((when, rollup_event_day.c.events), else_=0))
