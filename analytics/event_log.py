"""Events for the shapes that follow people through time: what to read, the statement that reads it, and the arrays it becomes.

`analytics.log_parts` reads them, from posting lists where there are any: nothing after it knows where the rows came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Annotated, Any, Literal, Self

import sqlalchemy as sa
from pydantic import AwareDatetime, Field, model_validator

from accounts.roles import Permission
from analytics.compile import conditions
from analytics.dimensions import column
from analytics.kernels.arrays import Floats, Ints
from analytics.matching import Matcher, matched, names
from analytics.metric import Dimension, Scan
from analytics.query import Query
from analytics.question import Question
from analytics.sources.events import RAW_EVENTS
from analytics.where import PERSON, Where, event_dimension, leaf_sql, where_sql
from data_access.clock import naive_utc
from data_access.schema import events, users

Unit = Literal["user", "session", "account"]
UNIT_COLUMNS = {"user": events.c.user_key, "session": events.c.session_key, "account": events.c.account_key}
EPOCH = datetime(1970, 1, 1)
CutName = Annotated[str, Field(min_length=1, max_length=220)]


def microseconds(moment: datetime) -> int:
    """A naive instant as the kernels count it: microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


class EventQuery(Query):
    """A question about events in their order.

    `where` drops events before anything else is looked at. `since` and `until` narrow the period to instants, both included.
    """

    where: Where | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError("until lies before since")
        return self


@dataclass(frozen=True)
class Cut:
    """A column of words as codes: row i holds `words[codes[i]]`; "" is unknown."""

    codes: Ints
    words: tuple[str, ...]


@dataclass(frozen=True)
class Log:
    """Events sorted by (who, time, seq): `who` is a user, session or account key, `time` microseconds since 1970 UTC,
    bit i of `bits` says that matcher i matches. `seq` and `value` (minor units, reporting currency) where asked for."""

    who: Ints
    time: Ints
    bits: Ints
    cuts: tuple[Cut, ...] = ()
    value: Floats | None = None

    def __len__(self) -> int:
        return len(self.who)

    def take(self, rows: Ints | slice) -> Log:
        """These rows, in this order."""
        cuts = tuple(Cut(cut.codes[rows], cut.words) for cut in self.cuts)
        return Log(self.who[rows], self.time[rows], self.bits[rows], cuts, None if self.value is None else self.value[rows])


@dataclass(frozen=True)
class Computed:
    """A further column of words: `sql` over rows that hold `columns` of `events`."""

    columns: frozenset[str]
    sql: Callable[[sa.FromClause], sa.ColumnElement[Any]]


@dataclass(frozen=True)
class Reading:
    """What to read. `every`: all events of those who do what the first matcher means, matched or not."""

    matchers: tuple[Matcher, ...]
    by: Unit = "user"
    cuts: tuple[str, ...] = ()
    value: bool = False
    every: bool = False
    computed: tuple[Computed, ...] = ()
    history: bool = False  # all that came before the period too


def log_statement(question: Question, reading: Reading, *only: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """`who, ts, bits` and what else the reading asks for; unsorted. With `only`: of those rows, and whoever did them."""
    scan, who = question.scan(), UNIT_COLUMNS[reading.by]
    marks = [matched(events, matcher, scan) for matcher in reading.matchers]
    bits = [sa.case((mark, sa.literal(1 << i, sa.BigInteger)), else_=sa.literal(0, sa.BigInteger)) for i, mark in enumerate(marks)]
    total: sa.ColumnElement[Any] = reduce(add, bits)
    cuts = [column(events, event_dimension(name), scan) for name in reading.cuts] + [one.sql(events) for one in reading.computed]
    words = [sa.cast(cut, sa.Text).label(f"cut_{i}") for i, cut in enumerate(cuts)]
    more = [*([events.c.seq] if words or reading.value else []), *([events.c.value_base_minor.label("value")] if reading.value else [])]
    select = sa.select(who.label("who"), events.c.ts, total.label("bits"), *more, *words)
    entering = [] if only else [_entering(question, reading, marks[0])]
    found = entering if reading.every else _meant(reading.matchers, marks)
    people = any(name.startswith(PERSON) for name in (*reading.cuts, *leaf_names(question, reading.matchers)))
    return select.select_from(event_rows(people)).where(who.is_not(None), *found, *event_bounds(question, history=reading.history), *only)


def _entering(question: Question, reading: Reading, first: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Of those who do what the first matcher means at all: nobody else can enter."""
    who = UNIT_COLUMNS[reading.by]
    people = any(name.startswith(PERSON) for name in leaf_names(question, reading.matchers[:1]))
    # TRICKY: without correlate(None) the inner `events` would be taken for the outer one.
    inner = sa.select(who).select_from(event_rows(people)).where(first, *event_bounds(question)).correlate(None)
    return who.in_(inner)


def _meant(matchers: tuple[Matcher, ...], marks: list[sa.ColumnElement[bool]]) -> list[sa.ColumnElement[bool]]:
    """Rows that some matcher matches; a list of names first, since engines skip blocks and find indexes by it."""
    named = names(matchers)
    plain = all(not any(matcher.leaves()) for matcher in matchers)
    listed: list[sa.ColumnElement[bool]] = [events.c.name.in_(sorted(named))] if named is not None else []
    return listed if plain and listed else [*listed, sa.or_(*marks)]


def event_rows(people: bool) -> sa.FromClause:
    """`events`, beside the person of each where a condition or breakdown is about people."""
    return events.outerjoin(users, sa.and_(users.c.tenant == events.c.tenant, users.c.user_key == events.c.user_key)) if people else events


def leaf_names(question: Question, matchers: Iterable[Matcher]) -> list[str]:
    """Every dimension that a condition of the question names."""
    query = question.query
    where = query.where if isinstance(query, EventQuery) else None
    leaves = [*query.filters, *(where.leaves() if where else ()), *(leaf for matcher in matchers for leaf in matcher.leaves())]
    return [leaf.dimension for leaf in leaves]


def event_bounds(question: Question, *, history: bool = False) -> list[sa.ColumnElement[bool]]:
    """Tenant, period, filters and conditions of the question over `events`."""
    query, scan = question.query, question.scan()
    personal = [f for f in query.filters if f.dimension.startswith(PERSON)]
    scan = replace(scan, filters=tuple(f for f in query.filters if f not in personal))
    found = conditions(RAW_EVENTS, events, scan, running=history)
    found += [leaf_sql(events, f, scan) for f in personal]
    return found + (_narrowed(query, scan, history) if isinstance(query, EventQuery) else [])


def _narrowed(query: EventQuery, scan: Scan, history: bool) -> list[sa.ColumnElement[bool]]:
    found = [where_sql(events, query.where, scan)] if query.where else []
    if query.since and not history:
        found.append(events.c.ts >= naive_utc(query.since))
    if query.until:
        found.append(events.c.ts <= naive_utc(query.until))
    return found


def event_permissions(query: EventQuery, matchers: Iterable[Matcher], cuts: Iterable[str] = ()) -> frozenset[Permission]:
    """What the actor must hold to ask: the right to KPIs, and that of every dimension named."""
    leaves = [*query.filters, *(query.where.leaves() if query.where else ()), *(leaf for m in matchers for leaf in m.leaves())]
    named: list[Dimension] = [event_dimension(name) for name in (*cuts, *(leaf.dimension for leaf in leaves))]
    return frozenset(d.permission for d in named) | {Permission.READ_KPI}


def event_tables(query: EventQuery, matchers: Iterable[Matcher], cuts: Iterable[str] = ()) -> frozenset[str]:
    """The tables behind the answer."""
    where = query.where.leaves() if query.where else ()
    named = [*cuts, *(leaf.dimension for leaf in (*query.filters, *where, *(leaf for m in matchers for leaf in m.leaves())))]
    return frozenset({"events", "users"}) if any(name.startswith(PERSON) for name in named) else frozenset({"events"})
