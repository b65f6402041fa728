"""What a list of people says of each: who they are, what they pay, when they were last here, how much they did."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.people_query import People
from analytics.metric import Unit
from analytics.question import Question
from analytics.result import Column
from data_access.schema import accounts, payments, rollup_user_day, sessions, users

WORDS = {
    "name": Text("Name", "Nom"),
    "email": Text("Email", "E-mail"),
    "kind": Text("Customer kind", "Type de client"),
    "plan": Text("Plan", "Offre"),
    "country": Text("Country", "Pays"),
    "channel": Text("Channel", "Canal"),
}
INSTANTS = {"created_at": Text("Created", "Création"), "last_seen_at": Text("Last seen", "Vu pour la dernière fois")}
PERSON = Column("external_id", Text("Person", "Personne"), Unit.PERSON, "dimension")
EVENTS = Column("events", Text("Events", "Événements"), Unit.COUNT, "metric")
REVENUE = Column("revenue", Text("Revenue, all time", "Revenu, depuis toujours"), Unit.MONEY, "metric")
TABLES = ("users", "accounts", "sessions", "events", "payments", "users.seen")


def described(question: Question, page: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """The page's rows with who each is, and the columns that say so; someone the warehouse knows nothing of keeps an empty row.

    `events` are those of the question's days, `revenue` what the person ever paid less refunds, for those who may read money.
    """
    keys = [int(key) for key in page["key"]]
    known = question.read(_profiles(question, keys)) if keys else pd.DataFrame(columns=["key", "external_id", *WORDS, *INSTANTS])
    frame = page.merge(known.drop_duplicates("key"), on="key", how="left")
    for name in ("external_id", *WORDS):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
    for name in INSTANTS:
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    words = (Column(name, label, Unit.TEXT, "dimension") for name, label in WORDS.items())
    instants = (Column(name, label, Unit.INSTANT, "dimension") for name, label in INSTANTS.items())
    columns = (PERSON, *words, *instants)
    return (frame, columns) if _per(question) != "user" else _with_sums(question, frame, keys, columns)


def _with_sums(
    question: Question, frame: pd.DataFrame, keys: list[int], columns: tuple[Column, ...]
) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    sums = {EVENTS: _events(question, keys)}
    if question.actor.may(Permission.READ_MONEY):
        sums[REVENUE] = _revenue(question, keys)
    for column, statement in sums.items():
        found = question.read(statement).set_index("key")["n"] if keys else pd.Series(dtype=np.float64)
        frame[column.name] = frame["key"].map(found).astype(np.float64).fillna(0.0)
    return frame, (*columns, *sums)


def _per(question: Question) -> str:
    return str(getattr(cast(People, question.query).of, "per", "user"))


def _profiles(question: Question, keys: list[int]) -> sa.Select[Any]:
    """`key`, `external_id` and what a profile shows, of users, accounts, or the users of sessions."""
    shown = (*WORDS, *INSTANTS)
    tenant = question.tenant.key
    if _per(question) == "account":
        held: list[sa.ColumnElement[Any]] = [accounts.c.get(name, sa.cast(sa.null(), users.c[name].type)).label(name) for name in shown]
        select = sa.select(accounts.c.account_key.label("key"), accounts.c.external_id, *held)
        return select.where(accounts.c.tenant == tenant, accounts.c.account_key.in_(keys))
    held = [users.c[name].label(name) for name in shown]
    if _per(question) == "session":
        both = sa.and_(users.c.tenant == sessions.c.tenant, users.c.user_key == sessions.c.user_key)
        select = sa.select(sessions.c.session_key.label("key"), users.c.external_id, *held).select_from(sessions.join(users, both))
        return select.where(sessions.c.tenant == tenant, sessions.c.session_key.in_(keys))
    return sa.select(users.c.user_key.label("key"), users.c.external_id, *held).where(users.c.tenant == tenant, users.c.user_key.in_(keys))


def _events(question: Question, keys: list[int]) -> sa.Select[Any]:
    r, period = rollup_user_day.c, question.period
    mine = r.tenant == question.tenant.key, r.user_key.in_(keys), r.day >= period.first, r.day < period.last
    return sa.select(r.user_key.label("key"), sa.func.sum(r.events).label("n")).where(*mine).group_by(r.user_key)


def _revenue(question: Question, keys: list[int]) -> sa.Select[Any]:
    p = payments.c
    amount = sa.case((p.type == "captured", p.amount_base_minor), (p.type == "refunded", -p.amount_base_minor))
    mine = p.tenant == question.tenant.key, p.user_key.in_(keys), p.type.in_(("captured", "refunded"))
    return sa.select(p.user_key.label("key"), sa.func.sum(amount).label("n")).where(*mine).group_by(p.user_key)
