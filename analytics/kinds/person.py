"""Person: one person's profile, days and timeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import orjson
import pandas as pd
import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds import person_timeline
from analytics.kinds.aggregate import BUCKET_LABEL
from analytics.kinds.person_deeds import DEEDS, TABLES, done
from analytics.kinds.person_query import NEEDS, Person
from analytics.metric import Unit
from analytics.query import InvalidQuery
from analytics.question import Question
from analytics.result import Column, Result
from data_access.schema import accounts, aliases, identity_merges, rollup_user_day, sessions, users

PROFILE = ("external_id", "name", "email", "kind", "plan", "country", "channel", "campaign", "role", "created_at", "last_seen_at")
MOST_IDS = 100


def tables(query: Person) -> Iterable[str]:
    return {"users", "users.seen", "aliases", "accounts", "events", "sessions", *TABLES}


def permissions(query: Person) -> frozenset[Permission]:
    return frozenset({Permission.READ_PEOPLE}) | {NEEDS[what] for what in query.what if what in NEEDS}


def lookback(query: Person) -> int | None:
    return None


def looks_at(query: Person) -> tuple[str, str]:
    """For the trail: who was looked at."""
    return "view_person", query.id


def answer(question: Question) -> Result:
    """Raises InvalidQuery where the tenant knows nobody by that id."""
    query = cast(Person, question.query)
    key = _key(question, query.id)
    return {"profile": _profile, "days": _days, "timeline": _timeline}[query.view](question, key)


def _key(question: Question, external_id: str) -> int:
    mine = aliases.c.tenant == question.tenant.key, aliases.c.external_id == external_id
    found = question.read(sa.select(aliases.c.user_key).where(*mine))
    if found.empty:
        raise InvalidQuery(f"nobody is known as “{external_id[:80]}”: search by id or e-mail")
    return int(found["user_key"].iat[0])


def _profile(question: Question, key: int) -> Result:
    """One row: everything in DEEDS that the reader may see, over the period; who it is in `extra["profile"]` (`key`, the columns of
    PROFILE, `properties`, `account`, `ids`, `merges`, `identified`)."""
    deeds = [deed for deed in DEEDS if deed.permission is None or question.actor.may(deed.permission)]
    frame = done(question, key, deeds)
    return Result(
        query=question.query,
        period=question.period,
        frame=frame,
        columns=tuple(Column(deed.name, deed.label, deed.unit, "metric") for deed in deeds),
        totals={deed.name: _said(frame[deed.name].iat[0]) for deed in deeds},
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"profile": _who(question, key)},
    )


def _said(value: Any) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _who(question: Question, key: int) -> dict[str, Any]:
    tenant = question.tenant.key
    own = sa.and_(accounts.c.tenant == users.c.tenant, accounts.c.account_key == users.c.account_key)
    account = sa.func.coalesce(sa.func.nullif(accounts.c.name, ""), accounts.c.external_id).label("account")
    columns = [*(users.c[name] for name in PROFILE), users.c.identified, sa.cast(users.c.properties, sa.Text).label("properties"), account]
    mine = users.c.tenant == tenant, users.c.user_key == key
    found = question.read(sa.select(*columns).select_from(users.outerjoin(accounts, own)).where(*mine))
    row: dict[str, Any] = dict.fromkeys([*PROFILE, "identified", "account"], None) | {"properties": None}
    if len(found):
        row |= {str(name): None if pd.isna(value) else value for name, value in found.iloc[0].items()}
    names = question.read(
        sa.select(aliases.c.external_id, aliases.c.since).where(aliases.c.tenant == tenant, aliases.c.user_key == key).limit(MOST_IDS)
    )
    merges = question.read(
        sa.select(identity_merges.c.ts, identity_merges.c.external_id)
        .where(identity_merges.c.tenant == tenant, identity_merges.c.into_key == key)
        .order_by(identity_merges.c.ts.desc())
        .limit(MOST_IDS)
    )
    row["properties"] = orjson.loads(row["properties"]) if row["properties"] else {}
    row |= {"ids": sorted(names["external_id"]), "merges": [(at.to_pydatetime(), name) for at, name in merges.itertuples(index=False)]}
    return row | {"key": key, "identified": bool(row["identified"])}


def _days(question: Question, key: int) -> Result:
    """One row per day with events: `bucket`, `events`."""
    r, period = rollup_user_day.c, question.period
    mine = r.tenant == question.tenant.key, r.user_key == key, r.day >= period.first, r.day < period.last
    daily = sa.select(r.day.label("bucket"), sa.func.sum(r.events).label("events")).where(*mine)
    found = question.read(daily.group_by(r.day).order_by(r.day))
    frame = found.astype({"events": "float64"}).assign(bucket=pd.to_datetime(found["bucket"]).astype("datetime64[us]"))
    columns = (Column("bucket", BUCKET_LABEL, Unit.TIME, "time"), Column("events", _EVENTS, Unit.COUNT, "metric"))
    totals: dict[str, float | None] = {"days": float(len(frame)), "events": float(frame["events"].sum())}
    return Result(question.query, period, frame, columns, totals=totals, trail=tuple(question.trail), extra={"grain": "day"})


_EVENTS = Text("Events", "Événements")
_COLUMNS = (
    Column("ts", Text("Time", "Heure"), Unit.INSTANT, "dimension"),
    Column("what", Text("Kind", "Nature"), Unit.TEXT, "dimension"),
    Column("title", Text("What", "Quoi"), Unit.TEXT, "dimension"),
    Column("detail", Text("Details", "Détails"), Unit.TEXT, "dimension"),
    Column("amount", Text("Amount", "Montant"), Unit.MONEY, "metric"),
    Column("session_key", Text("Session", "Session"), Unit.TEXT, "dimension"),
)


def _timeline(question: Question, key: int) -> Result:
    """One row per thing that happened, newest first; `extra["next"]` is where the next page begins, None at the end, and
    `extra["sessions"]` when and how the sessions of these rows began, by key."""
    frame, following = person_timeline.page(question, key)
    if not question.actor.may(Permission.READ_MONEY):
        frame = frame.assign(amount=np.nan)
    return Result(
        query=question.query,
        period=question.period,
        frame=frame,
        columns=_COLUMNS,
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"next": following, "sessions": _sessions(question, [int(one) for one in frame["session_key"].unique() if one])},
    )


def _sessions(question: Question, keys: list[int]) -> dict[int, dict[str, Any]]:
    if not keys:
        return {}
    c = sessions.c
    columns = (c.session_key, c.ts, c.duration_s, c.events, c.page_views, c.device, c.browser, c.os, c.country, c.channel)
    found = question.read(sa.select(*columns).where(c.tenant == question.tenant.key, c.session_key.in_(keys)))
    return {int(row["session_key"]): row for row in found.to_dict("records")}
