"""Sessions: one row per visit, with whose it was, when, and how much happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Any, Literal, cast

import numpy as np
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import condition, conditions
from analytics.dimensions import dimension
from analytics.metric import Metric, Unit
from analytics.query import InvalidQuery, Query
from analytics.question import Question
from analytics.result import Column, Result
from analytics.sources.events import EVENT_DIMENSIONS, PAGE_VIEW
from analytics.sources.sessions import SESSIONS
from analytics.sources.visits import STORED
from data_access.functions import add_days, seconds_between
from data_access.schema import events, sessions, users

LONGEST_DAYS = 31  # a session is followed at most this long past the end of the period


class Sessions(Query):
    """`Sessions(period="7d", order="longest")`: the sessions that began in the period.

    Without `gap_seconds` those kept at ingest. With it, sessions are cut anew from the events that meet the filters: a pause
    strictly longer than the gap begins another.
    """

    kind: Literal["sessions"] = "sessions"
    gap_seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    order: Literal["newest", "oldest", "longest", "user"] = "newest"
    offset: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


LABELS = {
    "user": Text("User", "Utilisateur"),
    "n": Text("Session of the user", "Session de l’utilisateur"),
    "start": Text("Start", "Début"),
    "end": Text("End", "Fin"),
    "events": Text("Events", "Événements"),
    "page_views": Text("Page views", "Pages vues"),
    "duration_s": Text("Duration", "Durée"),
}
_METRICS = tuple(
    Metric(name, LABELS[name], description, "activity", unit)
    for name, description, unit in (
        ("events", Text("Events of the session.", "Événements de la session."), Unit.COUNT),
        ("page_views", Text("Page views of the session.", "Pages vues de la session."), Unit.COUNT),
        ("duration_s", Text("From the first to the last event.", "Du premier au dernier événement."), Unit.SECONDS),
    )
)
COLUMNS = (
    Column("user", LABELS["user"], Unit.PERSON, "dimension"),
    Column("n", LABELS["n"], Unit.COUNT, "dimension"),
    Column("start", LABELS["start"], Unit.INSTANT, "dimension"),
    Column("end", LABELS["end"], Unit.INSTANT, "dimension"),
    *(Column(m.name, m.label, m.unit, "metric") for m in _METRICS),
)


def tables(query: Sessions) -> Iterable[str]:
    return {"events", "users"}


def permissions(query: Sessions) -> frozenset[Permission]:
    return frozenset({Permission.READ_PEOPLE}) | {dimension(f.dimension).permission for f in query.filters}


def lookback(query: Sessions) -> int | None:
    """A pause may begin on the days before; the end of a session may lie on those after."""
    return None


def until_now(query: Sessions) -> bool:
    return True


def answer(question: Question) -> Result:
    """One row per session of the page; `extra["total"]` says how many there are in all."""
    query = cast(Sessions, question.query)
    _check(query)
    visits = _numbered(_kept(question) if query.gap_seconds is None else _cut(question, query.gap_seconds), question)
    total = int(question.read(sa.select(sa.func.count().label("n")).select_from(visits))["n"].iloc[0])
    frame = question.read(_page(visits, question))
    frame["user"] = frame["user"].astype(object).where(frame["user"].notna(), "")
    return Result(
        query=query,
        period=question.period,
        frame=frame.astype({m.name: np.float64 for m in _METRICS}),
        columns=COLUMNS,
        metrics=_METRICS,
        trail=tuple(question.trail),
        extra={"total": total, "offset": query.offset, "limit": query.limit},
    )


def _check(query: Sessions) -> None:
    known = STORED if query.gap_seconds is None else EVENT_DIMENSIONS
    for f in query.filters:
        if f.dimension not in known and not (f.dimension.startswith("property.") and "properties" in known):
            raise InvalidQuery(f"sessions cannot be filtered by “{f.dimension[:60]}”: use one of {', '.join(sorted(known))}")


def _kept(question: Question) -> sa.Subquery:
    s = sessions.c
    columns = (s.user_key, s.ts.label("start"), s.ended_at.label("end"), s.events, s.page_views, s.duration_s)
    return sa.select(*columns).where(*conditions(SESSIONS, sessions, question.scan())).subquery("visits")


def _cut(question: Question, gap: int) -> sa.Subquery:
    """Sessions from events: reading begins a gap before the period, so that a pause across its start is seen."""
    e, period = events.c, question.period
    around = [
        e.ts >= period.start - timedelta(seconds=gap + 1),
        e.day < add_days(sa.literal(period.last), LONGEST_DAYS),
        *([e.ts < period.until] if period.cut else []),
    ]
    mine = [e.tenant == question.tenant.key, e.user_key.is_not(None), *around]
    mine += [condition(events, f, question.scan()) for f in question.query.filters]
    previous = sa.func.lag(e.ts).over(partition_by=e.user_key, order_by=(e.ts, e.seq)).label("prev")
    steps = sa.select(e.user_key, e.ts, e.seq, e.name, previous).where(*mine).subquery("steps")
    pause = seconds_between(steps.c.prev, steps.c.ts)
    begins = sa.case((sa.or_(steps.c.prev.is_(None), pause > gap), 1), else_=0)
    number = sa.func.sum(begins).over(partition_by=steps.c.user_key, order_by=(steps.c.ts, steps.c.seq), rows=(None, 0))
    runs = sa.select(steps, number.label("run")).subquery("runs")
    return _summed(runs, question)


def _summed(runs: sa.Subquery, question: Question) -> sa.Subquery:
    begin, end = sa.func.min(runs.c.ts), sa.func.max(runs.c.ts)
    views = sa.func.sum(sa.case((runs.c.name == PAGE_VIEW, 1), else_=0)).label("page_views")
    length = seconds_between(begin, end).label("duration_s")
    columns = (begin.label("start"), end.label("end"), sa.func.count().label("events"), views, length)
    inside = sa.and_(begin >= question.period.start, begin < question.period.end)
    return sa.select(runs.c.user_key, *columns).group_by(runs.c.user_key, runs.c.run).having(inside).subquery("visits")


def _numbered(visits: sa.Subquery, question: Question) -> sa.Subquery:
    """With the user's own id, and which of the user's sessions of the period it is."""
    n = sa.func.row_number().over(partition_by=visits.c.user_key, order_by=visits.c.start).label("n")
    mine = sa.and_(users.c.tenant == question.tenant.key, users.c.user_key == visits.c.user_key)
    return sa.select(users.c.external_id.label("user"), n, visits).select_from(visits.outerjoin(users, mine)).subquery("numbered")


def _page(visits: sa.Subquery, question: Question) -> sa.Select[Any]:
    query = cast(Sessions, question.query)
    c = visits.c
    orders: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
        "newest": (c.start.desc(), c.user_key),
        "oldest": (c.start, c.user_key),
        "longest": (c.duration_s.desc(), c.start, c.user_key),
        "user": (c.user, c.user_key, c.n),
    }
    columns = [c[column.name] for column in COLUMNS]
    return sa.select(*columns).order_by(*orders[query.order]).offset(query.offset).limit(query.limit)
