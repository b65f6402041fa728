"""People: who is behind a number, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal, Self, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pydantic import Field, NaiveDatetime, field_serializer, model_validator

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds import funnel, lifecycle, paths, retention, stickiness
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.lifecycle import Lifecycle, State
from analytics.kinds.paths import Paths
from analytics.kinds.retention_people import Cell
from analytics.kinds.retention_query import Retention
from analytics.kinds.stickiness import Stickiness
from analytics.metric import Metric, Unit
from analytics.query import Query, Scope
from analytics.question import Question
from analytics.result import Column, Result
from data_access.schema import accounts, sessions, users

CELLS: Mapping[str, frozenset[str]] = {
    "funnel": frozenset({"step", "outcome", "slice", "bucket"}),
    "lifecycle": frozenset({"state", "bucket"}),
    "stickiness": frozenset({"times"}),
    "paths": frozenset({"source", "target"}),
    "retention": frozenset({"bucket", "later", "outcome", "slice"}),
}
Word = Annotated[str, Field(max_length=600)]


class People(Query):
    """`People(of=Funnel(...), step=2, outcome="dropped")`: the people behind one cell of another question.

    Which cell: of a funnel `step` (from 1) reached or dropped before it, in a `slice` of the breakdown or a `bucket` of the trend;
    of a lifecycle `state` in `bucket`; of stickiness `times`; of paths the edge `source` to `target`, or one node;
    of a retention grid of users the cohort that began in `bucket`, and `later` buckets on who came back or, dropped, who did not,
    in a `slice`. What is left out is not narrowed. The period is this query's; its filters are added to those of the question asked about.
    """

    kind: Literal["people"] = "people"
    of: Annotated[Funnel | Lifecycle | Stickiness | Paths | Retention, Field(discriminator="kind")]
    step: Annotated[int, Field(ge=1, le=20)] | None = None
    outcome: Literal["reached", "dropped"] | None = None
    slice: Annotated[tuple[Word, ...], Field(max_length=3)] | None = None
    bucket: date | NaiveDatetime | None = None
    later: Annotated[int, Field(ge=0, le=60)] | None = None
    state: State | None = None
    times: Annotated[int, Field(ge=1, le=10_000)] | None = None
    source: Word | None = None
    target: Word | None = None
    offset: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100

    @model_validator(mode="before")
    @classmethod
    def _own_period(cls, data: Any) -> Any:
        """Without a period of its own it is the period of the question asked about."""
        if not isinstance(data, dict) or "period" in data or "of" not in data:
            return data
        asked = data["of"]
        if isinstance(asked, dict):
            period = asked.get("period") or (Retention.model_fields["period"].default if asked.get("kind") == "retention" else None)
        else:
            period = getattr(asked, "period", None)
        return data if period is None else {**data, "period": period}

    @model_validator(mode="after")
    def _one_cell(self) -> Self:
        every = frozenset().union(*CELLS.values())
        foreign = sorted(name for name in every - CELLS[self.of.kind] if getattr(self, name) is not None)
        if foreign:
            raise ValueError(f"a cell of {self.of.kind} is not named by {foreign[0]}")
        if isinstance(self.of, Funnel):
            _funnel_cell(self, self.of)
        if isinstance(self.of, Retention):
            _retention_cell(self, self.of)
        return self

    @field_serializer("of")
    def _with_its_kind(self, of: Query) -> dict[str, Any]:
        """TRICKY: leaving out defaults would leave out the kind, by which it is read again."""
        return of.to_json()

    def within(self, scope: Scope) -> Self:
        """As the question asked about: one that keeps its own period keeps it here too."""
        return super().within(scope.model_copy(update={"period": self.period}) if self.of.keeps_period else scope)

    @property
    def asked(self) -> Query:
        """The question asked about, within this one's period and filters."""
        return self.of.model_copy(update={"period": self.period, "filters": tuple(dict.fromkeys(self.of.filters + self.filters))})


def _funnel_cell(query: People, of: Funnel) -> None:
    if query.step is not None and query.step > len(of.steps):
        raise ValueError(f"the funnel has {len(of.steps)} steps, counted from 1")
    if query.outcome == "dropped" and (query.step is None or query.step == 1):
        raise ValueError("nobody drops before the first step: name a later one")
    if query.slice is not None and len(query.slice) != len(of.by):
        raise ValueError(f"a slice of this funnel has {len(of.by)} values, one per dimension")
    if query.bucket is not None and of.view != "trend":
        raise ValueError("only the trend of a funnel has buckets")


def _retention_cell(query: People, of: Retention) -> None:
    if of.subject != "users":
        raise ValueError("only a grid of users tells who is behind a cell")
    if query.outcome is not None and not query.later:
        raise ValueError("nobody comes back or drops in the cohort’s own bucket: name a later one")
    if query.slice is not None and len(query.slice) != len(of.by):
        raise ValueError(f"a slice of this grid has {len(of.by)} values, one per dimension")


@dataclass(frozen=True)
class Shape:
    """What People needs of a kind: its own contract, and the members of a cell (`key` and what else is known)."""

    tables: Callable[[Any], Iterable[str]]
    permissions: Callable[[Any], frozenset[Permission]]
    lookback: Callable[[Any], int | None]
    members: Callable[[Question, People], pd.DataFrame]


def _of_funnel(question: Question, query: People) -> pd.DataFrame:
    found = funnel.members(question, query.slice, _stamp(query.bucket))
    if query.step is None:
        return found
    here = found[f"step_{query.step}"]
    if query.outcome != "dropped":
        return found[here]
    before = cast(Funnel, query.of).plan().previous(query.step - 1)
    return found[found[f"step_{before + 1}"] & ~here]


def _stamp(day: date | None) -> pd.Timestamp | None:
    return None if day is None else pd.Timestamp(day)


SHAPES: Mapping[str, Shape] = {
    "funnel": Shape(funnel.tables, funnel.permissions, funnel.lookback, _of_funnel),
    "lifecycle": Shape(
        lifecycle.tables, lifecycle.permissions, lifecycle.lookback, lambda q, p: lifecycle.members(q, _stamp(p.bucket), p.state)
    ),
    "stickiness": Shape(stickiness.tables, stickiness.permissions, stickiness.lookback, lambda q, p: stickiness.members(q, p.times)),
    "paths": Shape(paths.tables, paths.permissions, paths.lookback, lambda q, p: paths.members(q, p.source, p.target)),
    "retention": Shape(
        retention.tables,
        retention.permissions,
        retention.lookback,
        lambda q, p: retention.members(q, Cell(_stamp(p.bucket), p.later, p.outcome, p.slice)),
    ),
}


def tables(query: People) -> Iterable[str]:
    return {*SHAPES[query.of.kind].tables(query.asked), "users", "accounts", "sessions"}


def permissions(query: People) -> frozenset[Permission]:
    return SHAPES[query.of.kind].permissions(query.asked) | {Permission.READ_PEOPLE}


def lookback(query: People) -> int | None:
    return SHAPES[query.of.kind].lookback(query.asked)


PEOPLE = Metric("people", Text("People", "Personnes"), Text("Behind the number.", "Derrière le nombre."), "activity", Unit.COUNT)
_LABELS = {
    "name": Text("Name", "Nom"),
    "email": Text("Email", "E-mail"),
    "kind": Text("Customer kind", "Type de client"),
    "plan": Text("Plan", "Offre"),
    "country": Text("Country", "Pays"),
    "channel": Text("Channel", "Canal"),
    "created_at": Text("Created", "Création"),
}
_NUMBERS = {"reached": Text("Steps reached", "Étapes atteintes"), "times": Text("Times", "Fois")}
PERSON_LABEL = Text("Person", "Personne")


def answer(question: Question) -> Result:
    """One row per person (session, account) of the page, in the order of their keys; `extra` says how many there are in all."""
    query = cast(People, question.query)
    found = SHAPES[query.of.kind].members(replace(question, query=query.asked), query)
    page = found.iloc[query.offset : query.offset + query.limit].reset_index(drop=True)
    frame = _described(question, page)
    numbers = [name for name in _NUMBERS if name in frame.columns]
    columns = (
        Column("external_id", PERSON_LABEL, Unit.PERSON, "dimension"),
        *(Column(name, label, Unit.INSTANT if name == "created_at" else Unit.TEXT, "dimension") for name, label in _LABELS.items()),
        *(Column(name, _NUMBERS[name], Unit.COUNT, "metric") for name in numbers),
    )
    return Result(
        query=query,
        period=question.period,
        frame=frame[["key", *(c.name for c in columns)]],
        columns=columns,
        metrics=(PEOPLE,),
        totals={"people": float(len(found))},
        trail=tuple(question.trail),
        extra={"total": len(found), "offset": query.offset, "limit": query.limit},
    )


def _described(question: Question, page: pd.DataFrame) -> pd.DataFrame:
    """The page with who each is; someone the warehouse knows nothing of keeps an empty row."""
    keys = [int(key) for key in page["key"]]
    known = question.read(_profiles(question, keys)) if keys else pd.DataFrame(columns=["key", "external_id", *_LABELS])
    frame = page.merge(known.drop_duplicates("key"), on="key", how="left")
    for name in ("external_id", *(n for n in _LABELS if n != "created_at")):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
    frame["created_at"] = pd.to_datetime(frame["created_at"]).astype("datetime64[us]")
    return frame.astype({name: np.float64 for name in _NUMBERS if name in frame.columns})


def _profiles(question: Question, keys: list[int]) -> sa.Select[Any]:
    """`key`, `external_id` and what a profile shows, of users, accounts, or the users of sessions."""
    per = getattr(cast(People, question.query).of, "per", "user")
    tenant = question.tenant.key
    if per == "account":
        held: list[sa.ColumnElement[Any]] = [accounts.c.get(name, sa.cast(sa.null(), sa.Text)).label(name) for name in _LABELS]
        select = sa.select(accounts.c.account_key.label("key"), accounts.c.external_id, *held)
        return select.where(accounts.c.tenant == tenant, accounts.c.account_key.in_(keys))
    held = [users.c[name].label(name) for name in _LABELS]
    if per == "session":
        both = sa.and_(users.c.tenant == sessions.c.tenant, users.c.user_key == sessions.c.user_key)
        select = sa.select(sessions.c.session_key.label("key"), users.c.external_id, *held).select_from(sessions.join(users, both))
        return select.where(sessions.c.tenant == tenant, sessions.c.session_key.in_(keys))
    return sa.select(users.c.user_key.label("key"), users.c.external_id, *held).where(users.c.tenant == tenant, users.c.user_key.in_(keys))
