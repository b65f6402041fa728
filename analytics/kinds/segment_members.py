"""SegmentMembers: the people of a segment, page by page; and SegmentReasons: why one person is in or out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd
import sqlalchemy as sa
from pydantic import Field

from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.people import PEOPLE
from analytics.kinds.people_profiles import TABLES, described
from analytics.kinds.people_query import People
from analytics.members import Members
from analytics.metric import Metric, Unit
from analytics.period import Period
from analytics.query import InvalidQuery, PeriodField
from analytics.question import Question
from analytics.result import Column, Result
from analytics.segments import resolve, saved
from analytics.segments.questions import SegmentQuery, looking, moment, permissions_of, tables_of, target
from analytics.segments.sentences import Speaker
from data_access.connections import store
from data_access.schema import aliases, users


class SegmentMembers(SegmentQuery):
    """`SegmentMembers(segment="…", offset=100)`: in the order of their keys. Needs the right to see people."""

    kind: Literal["segment_members"] = "segment_members"
    period: PeriodField = Period("30d")  # of what is said of each; who is in is looked at on its last day, or today
    offset: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100


class SegmentReasons(SegmentQuery):
    """`SegmentReasons(person="u_17", segment="…")`: a row per condition, of the person with that id or e-mail. Without a segment a row per
    saved segment."""

    kind: Literal["segment_reasons"] = "segment_reasons"
    person: Annotated[str, Field(min_length=1, max_length=500)]
    needs_one: ClassVar[bool] = False


IN = Metric("inside", Text("In", "Dedans"), Text("1 where it is met, else 0.", "1 si c’est rempli, sinon 0."), "activity", Unit.COUNT)
CONDITION, SEGMENT = Text("Condition", "Condition"), Text("Segment", "Segment")


def permissions(query: SegmentQuery) -> frozenset[Permission]:
    return permissions_of(query) | {Permission.READ_PEOPLE}


def tables(query: SegmentQuery) -> Iterable[str]:
    return {*tables_of(query), *TABLES, "aliases"}


def lookback(query: SegmentQuery) -> int | None:
    return None


def looks_at(query: SegmentQuery) -> tuple[str, str]:
    """What the trail of who looked at whom gets."""
    what = f"segment {query.segment}" if query.segment else "a segment being written"
    return ("read_person", query.person) if isinstance(query, SegmentReasons) else ("read_people", what)


def answer(question: Question) -> Result:
    """One row per member of the page, with what a list of people says of each; `extra` says how many there are in all."""
    query = cast(SegmentMembers, question.query)
    found = target(looking(question, resolve.today(question))).keys
    page = pd.DataFrame({"key": found[query.offset : query.offset + query.limit]})
    asked = replace(question, query=People(period=query.period))
    frame, columns = described(asked, page)
    return Result(
        query=query,
        period=moment(question),
        frame=frame[["key", *(c.name for c in columns)]],
        columns=columns,
        metrics=(PEOPLE,),
        totals={"people": float(len(found))},
        currency=question.tenant.currency,
        trail=tuple(question.trail),
        extra={"total": len(found), "offset": query.offset, "limit": query.limit},
    )


def why(question: Question) -> Result:
    """Why somebody is in or out: `condition` (a sentence in the asker's language) or `segment` and `name`, and `inside`."""
    query = cast(SegmentReasons, question.query)
    key = _key(question, query.person)
    one = query.segment is not None or query.definition is not None
    rows = _conditions(question, key) if one else _segments(question, key)
    names = {"condition": CONDITION} if one else {"segment": SEGMENT, "name": SEGMENT}
    frame = pd.DataFrame(rows, columns=[*names, "inside"]).astype({"inside": np.float64})
    return Result(
        query=query,
        period=moment(question),
        frame=frame,
        columns=(*(Column(n, label, Unit.TEXT, "dimension") for n, label in names.items()), Column("inside", IN.label, IN.unit, "metric")),
        metrics=(IN,),
        totals={"inside": float(_holds(target(looking(question)), key)) if one else float(frame["inside"].sum())},
        trail=tuple(question.trail),
    )


def _conditions(question: Question, key: int) -> list[tuple[Any, ...]]:
    query = cast(SegmentReasons, question.query)
    definition = query.definition or saved.find(store(), question.tenant.key, str(query.segment)).definition
    speaker = Speaker(question.actor.locale)
    held = resolve.conditions(looking(question), definition)
    return [(speaker.condition(leaf), _holds(members, key)) for leaf, members in held]


def _segments(question: Question, key: int) -> list[tuple[Any, ...]]:
    every = saved.listed(store(), question.tenant.key)
    held = resolve.known(looking(question), (segment.id for segment in every))
    return [(segment.id, segment.name, _holds(held[segment.id], key)) for segment in every]


def _holds(members: Members, key: int) -> int:
    return int(key < len(members.flags) and bool(members.flags[key]))


def _key(question: Question, person: str) -> int:
    """The user of that id, or of an id that became theirs; else the one with that e-mail, seen last where several have it."""
    mine = sa.select(users.c.user_key).where(users.c.tenant == question.tenant.key, users.c.external_id == person)
    other = sa.select(aliases.c.user_key).where(aliases.c.tenant == question.tenant.key, aliases.c.external_id == person)
    found = question.read(sa.union_all(mine, other))  # type: ignore[arg-type]
    if found.empty:
        here = users.c.tenant == question.tenant.key, sa.func.lower(users.c.email) == person.strip().lower()
        found = question.read(sa.select(users.c.user_key).where(*here).order_by(users.c.last_seen_at.desc().nulls_last(), users.c.user_key))
    if found.empty:
        raise InvalidQuery(f"there is nobody with the id or e-mail “{person[:60]}”")
    return int(found["user_key"].iloc[0])
