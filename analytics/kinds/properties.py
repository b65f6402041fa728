"""Properties: which properties events or people carry, and the values of one, as suggestions for forms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, cast

import orjson
import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.event_log import event_bounds
from analytics.matching import EventName
from analytics.metric import Metric, Unit
from analytics.period import Period
from analytics.query import PeriodField, Query
from analytics.question import Question
from analytics.result import Column, Result
from analytics.where import MAX_PROPERTY, PERSON, PERSON_STORED, event_dimension
from data_access.schema import events, users

PER_EVENT, MOST_PEOPLE = 100, 2_000
LONGEST_VALUE = 200


class Properties(Query):
    """`Properties(of="event", event="document_exported")`: property names, the most frequent first; with `key` the values of that one.

    Looked up among the newest 100 of each event (the 2,000 people last seen): suggestions, not counts of everything.
    """

    kind: Literal["properties"] = "properties"
    period: PeriodField = Period("30d")
    of: Literal["event", "person"] = "event"
    event: EventName | None = None
    key: Annotated[str, Field(min_length=1, max_length=MAX_PROPERTY)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


SEEN = Metric(
    "seen", Text("Seen", "Vu"), Text("How often among the rows looked at.", "Nombre parmi les lignes examinées."), "activity", Unit.COUNT
)
PROPERTY_LABEL, VALUE_LABEL = Text("Property", "Propriété"), Text("Value", "Valeur")


def tables(query: Properties) -> Iterable[str]:
    return ("users",) if query.of == "person" else ("events",)


def permissions(query: Properties) -> frozenset[Permission]:
    """Values of people's own properties are about single persons."""
    needed = event_dimension(PERSON + query.key).permission if query.of == "person" and query.key else Permission.READ_KPI
    return frozenset({Permission.READ_KPI, needed})


def lookback(query: Properties) -> int | None:
    return None if query.of == "person" else 0


def answer(question: Question) -> Result:
    """One row per property, or per value of the one asked about."""
    query = cast(Properties, question.query)
    stored = query.of == "person" and query.key in PERSON_STORED
    rows = question.read(_stored(question, query.key or "") if stored else _people(question) if query.of == "person" else _events(question))
    found = Counter(str(v) for v in rows["found"].dropna()) if stored else Counter(_found(rows["found"], query.key))
    name, label = ("value", VALUE_LABEL) if query.key else ("property", PROPERTY_LABEL)
    ranked = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[: query.limit]
    frame = pd.DataFrame({name: [word for word, _ in ranked], "seen": [float(count) for _, count in ranked]})
    return Result(
        query=query,
        period=question.period,
        frame=frame.astype({name: object, "seen": "float64"}),
        columns=(Column(name, label, Unit.TEXT, "dimension"), Column("seen", SEEN.label, Unit.COUNT, "metric")),
        metrics=(SEEN,),
        totals={"seen": float(len(rows))},
        trail=tuple(question.trail),
    )


def _found(documents: Iterable[Any], key: str | None) -> Iterator[str]:
    """Property names, or the values of `key`, of each document."""
    for raw in documents:
        document = orjson.loads(raw) if isinstance(raw, str | bytes) else raw
        if not isinstance(document, dict):
            continue
        if key is None:
            yield from (name for name in document if 0 < len(name) <= MAX_PROPERTY)
        elif (value := document.get(key)) is not None:
            yield _said(value)[:LONGEST_VALUE]


def _said(value: Any) -> str:
    """A value as the warehouse compares it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _events(question: Question) -> sa.Select[Any]:
    """The newest documents of each event."""
    query = cast(Properties, question.query)
    place = sa.func.row_number().over(partition_by=events.c.name, order_by=events.c.ts.desc()).label("place")
    named = [events.c.name == query.event] if query.event else []
    bounds = (*event_bounds(question), events.c.properties.is_not(None), *named)
    newest = sa.select(sa.cast(events.c.properties, sa.Text).label("found"), place).where(*bounds).subquery("newest")
    return sa.select(newest.c.found).where(newest.c.place <= PER_EVENT)


def _people(question: Question) -> sa.Select[Any]:
    select = sa.select(sa.cast(users.c.properties, sa.Text).label("found"))
    held = select.where(users.c.tenant == question.tenant.key, users.c.properties.is_not(None))
    return held.order_by(users.c.last_seen_at.desc().nulls_last()).limit(MOST_PEOPLE)


def _stored(question: Question, key: str) -> sa.Select[Any]:
    select = sa.select(users.c[key].label("found")).where(users.c.tenant == question.tenant.key)
    return select.order_by(users.c.last_seen_at.desc().nulls_last()).limit(MOST_PEOPLE)
