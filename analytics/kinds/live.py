"""Live: what happens now, from the events of the last minutes. The instants of events decide, not those of receipt."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Literal

import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import applies, condition
from analytics.metric import Metric, Unit
from analytics.period import Period
from analytics.query import InvalidQuery, PeriodField, Query
from analytics.question import Question
from analytics.result import Column, Result
from analytics.sources.events import PAGE_VIEW, RAW_EVENTS
from data_access.schema import events, users

ONLINE_MINUTES = 5  # who did something this lately is online
RATE_MINUTES = 5  # so far back events are counted by the second
AHEAD = timedelta(minutes=1)  # a sender's clock may be this far ahead of ours
PAGE = sa.func.coalesce(events.c.page, events.c.path)
CUTS: dict[str, Any] = {"page": PAGE, "country": events.c.country, "device": events.c.device, "event": events.c.name}


class Live(Query):
    """What happened in the last `minutes`; always up to now, whatever the page's period. `last`: how many of the newest events to list."""

    kind: Literal["live"] = "live"
    period: PeriodField = Period("today")
    minutes: int = Field(30, ge=ONLINE_MINUTES, le=120)
    last: int = Field(25, ge=1, le=200)
    top: int = Field(8, ge=1, le=50)

    keeps_period: ClassVar[bool] = True


def _metric(name: str, label: Text, description: Text, unit: Unit = Unit.COUNT) -> Metric:
    return Metric(name, label, description, "activity", unit, empty=0.0)


EVENTS = _metric("live_events", Text("Events", "Événements"), Text("In the window.", "Dans la fenêtre."))
USERS = _metric("live_users", Text("Users", "Utilisateurs"), Text("Distinct, in the window.", "Distincts, dans la fenêtre."))
ONLINE = _metric(
    "users_online",
    Text("Users online", "Utilisateurs en ligne"),
    Text("Users with an event in the last five minutes.", "Utilisateurs ayant un événement dans les cinq dernières minutes."),
)
VIEWS = _metric("live_views", Text("Page views", "Pages vues"), Text("In the window.", "Dans la fenêtre."))
METRICS = (EVENTS, USERS)
BUCKET = Column("bucket", Text("Minute", "Minute"), Unit.TEXT, "time")


def tables(query: Live) -> Iterable[str]:
    return ("events",)


def permissions(query: Live) -> frozenset[Permission]:
    return frozenset({Permission.READ_KPI})


def lookback(query: Live) -> int | None:
    return 1  # just after midnight the window begins on the day before


def answer(question: Question) -> Result:
    """One row per minute of the window: `bucket` (tenant's clock), events, users. Totals over the window, and `users_online`.

    extra: `now`, `seconds` (naive UTC second, events; the last five minutes), `page`, `country`, `device`, `event` (value,
    events, users), `latest` (the newest events, newest first; with `user` for those who may see people), `newest`
    (the instant of the newest event ever up to now, None without one).
    """
    query = question.query
    assert isinstance(query, Live)
    now = question.period.until
    window = _window(question, now - timedelta(minutes=query.minutes), now)
    totals = _totals(question, window, now)
    quiet = not totals["live_events"]
    extra: dict[str, Any] = {"now": now, "seconds": _seconds(question, now), "newest": _newest(question, now)}
    extra |= {name: _cut(question, window, name) for name in CUTS}
    return Result(
        query=query,
        period=question.period,
        frame=_minutes(question, window, now),
        columns=(BUCKET, *(Column(m.name, m.label, m.unit, "metric") for m in METRICS)),
        metrics=(*METRICS, ONLINE, VIEWS),
        totals=totals,
        trail=tuple(question.trail),
        extra=extra | {"latest": _latest(question, window) if not quiet else pd.DataFrame()},
    )


def _window(question: Question, start: datetime, now: datetime) -> list[sa.ColumnElement[bool]]:
    """The tenant's events from `start` on, found by their days first; what the filters leave of them."""
    scan = question.scan()
    if question.query.segment is not None or not applies(RAW_EVENTS, scan):
        raise InvalidQuery("live events cannot be narrowed by this filter: remove it")
    first = start.replace(tzinfo=UTC).astimezone(question.tenant.zone).date()
    bounds = [events.c.tenant == question.tenant.key, events.c.day >= first, events.c.ts >= start, events.c.ts < now + AHEAD]
    return bounds + [condition(events, f, scan) for f in question.query.filters]


def _people(bounds: Iterable[sa.ColumnElement[bool]] = ()) -> sa.ColumnElement[Any]:
    who = events.c.user_key
    return sa.func.count(sa.distinct(sa.case((sa.and_(*bounds), who), else_=None) if bounds else who))


def _totals(question: Question, window: list[sa.ColumnElement[bool]], now: datetime) -> dict[str, float | None]:
    lately = (events.c.ts >= now - timedelta(minutes=ONLINE_MINUTES),)
    select = sa.select(
        sa.func.count().label(EVENTS.name),
        _people().label(USERS.name),
        _people(lately).label(ONLINE.name),
        sa.func.count(sa.case((events.c.name == PAGE_VIEW, 1))).label(VIEWS.name),
    )
    row = question.read(select.where(*window)).iloc[0]
    return {str(name): float(value) for name, value in row.items()}


def _seconds(question: Question, now: datetime) -> pd.DataFrame:
    second = sa.func.date_trunc(sa.literal_column("'second'"), events.c.ts).label("second")
    window = _window(question, now - timedelta(minutes=RATE_MINUTES), now)
    return question.read(sa.select(second, sa.func.count().label("events")).where(*window).group_by(second).order_by(second))


def _minutes(question: Question, window: list[sa.ColumnElement[bool]], now: datetime) -> pd.DataFrame:
    """Every minute of the window, also the quiet ones, on the tenant's clock."""
    query, zone = question.query, question.tenant.zone
    assert isinstance(query, Live)
    minute = sa.func.date_trunc(sa.literal_column("'minute'"), events.c.ts).label("bucket")
    found = question.read(
        sa.select(minute, sa.func.count().label(EVENTS.name), _people().label(USERS.name)).where(*window).group_by(minute)
    )
    last = pd.Timestamp(now).floor("min")
    every = pd.date_range(last - pd.Timedelta(minutes=query.minutes - 1), last, freq="min", unit="us", name="bucket")
    filled = found.astype({"bucket": "datetime64[us]"}).set_index("bucket").reindex(every, fill_value=0).astype("float64").reset_index()
    filled["bucket"] = filled["bucket"].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return filled


def _cut(question: Question, window: list[sa.ColumnElement[bool]], name: str) -> pd.DataFrame:
    """The most frequent values: `value` ("" is unknown), events, users. Of pages only what was viewed counts."""
    query = question.query
    assert isinstance(query, Live)
    value = sa.func.coalesce(CUTS[name], "").label("value")
    seen = [events.c.name == PAGE_VIEW] if name == "page" else []
    count = sa.func.count().label("events")
    select = sa.select(value, count, _people().label("users")).where(*window, *seen).group_by(value)
    return question.read(select.order_by(count.desc(), value).limit(query.top))


def _newest(question: Question, now: datetime) -> datetime | None:
    """The newest event's instant up to now, however long ago."""
    mine = events.c.tenant == question.tenant.key
    last = sa.select(sa.func.max(events.c.day)).where(mine, events.c.day <= question.period.last).scalar_subquery()
    row = question.read(sa.select(sa.func.max(events.c.ts)).where(mine, events.c.day == last, events.c.ts < now + AHEAD))
    newest = row.iloc[0, 0]
    return None if pd.isna(newest) else pd.Timestamp(newest).to_pydatetime()


def _latest(question: Question, window: list[sa.ColumnElement[bool]]) -> pd.DataFrame:
    query, c = question.query, events.c
    assert isinstance(query, Live)
    columns = [c.ts, c.name, PAGE.label("page"), c.country, c.device, c.browser, c.channel]
    rows: sa.FromClause = events
    if question.actor.may(Permission.READ_PEOPLE):
        columns.append(users.c.external_id.label("user"))
        rows = events.outerjoin(users, sa.and_(users.c.tenant == c.tenant, users.c.user_key == c.user_key))
    return question.read(sa.select(*columns).select_from(rows).where(*window).order_by(c.ts.desc(), c.seq.desc()).limit(query.last))


def until_now(query: Live) -> bool:
    return True
