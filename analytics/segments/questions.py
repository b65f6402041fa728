"""What the questions about segments share: a saved one or a definition being written, looked at on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import Field, field_serializer, field_validator, model_validator

from accounts.roles import Permission
from analytics.members import Members
from analytics.period import Period, Resolved, resolved
from analytics.query import PeriodField, Query, Scope
from analytics.question import Question
from analytics.segments.definition import SEGMENT_ID, Group, definition_from_json, leaves, permissions, tables
from analytics.segments.resolve import Looking, known, members, today
from data_access.connections import store
from data_access.schema import FACTS

SegmentId = Annotated[str, Field(pattern=SEGMENT_ID)]


class SegmentQuery(Query):
    """A question about one segment: the saved `segment`, or a `definition` that need not be saved.

    It is looked at on the last day of the period that has begun. Filters and the segment of a page do not narrow it.
    """

    period: PeriodField = Period("today")
    definition: Group | None = None
    about_segments: ClassVar[bool] = True
    needs_one: ClassVar[bool] = True

    @field_validator("definition", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return definition_from_json(value) if isinstance(value, dict) else value

    @field_serializer("definition")
    def _whole(self, value: Group | None) -> dict[str, Any] | None:
        """TRICKY: leaving out defaults would leave out the kinds, by which it is read again."""
        return None if value is None else value.to_json()

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.needs_one and (self.segment is None) == (self.definition is None):
            raise ValueError("name either a saved segment or a definition")
        return self

    def within(self, scope: Scope) -> Self:
        return super().within(scope.model_copy(update={"filters": (), "segment": None}))


def permissions_of(query: SegmentQuery) -> frozenset[Permission]:
    """A saved segment may be used by all who read numbers; a definition by those who may read what it speaks of."""
    return frozenset({Permission.READ_KPI}) | (permissions(query.definition) if query.definition else frozenset())


def tables_of(query: SegmentQuery) -> Iterable[str]:
    """Of a saved segment any: its definition is known only to the store."""
    if query.definition is None:
        return {*FACTS, "users"}
    return {"users"}.union(*(tables(leaf) for leaf in leaves(query.definition)))


def last_day(question: Question) -> date:
    """The last day of the period that has begun."""
    return min(question.period.last - timedelta(days=1), today(question))


def moment(question: Question) -> Resolved:
    """The question's period as one that is over: who is in a segment is a state, never incomplete."""
    return replace(question.period, until=question.period.end)


def looking(question: Question, day: date | None = None) -> Looking:
    """A look at segments as they were at the end of the day; by default the question's last."""
    at = last_day(question) if day is None else day
    zone = question.tenant
    end = resolved(at, at + timedelta(days=1), question.now, zone).end.replace(tzinfo=UTC) - timedelta(microseconds=1)
    return Looking(replace(question, now=min(question.now, end)), store(), at)


def target(look: Looking) -> Members:
    """Who the question's own segment has on that day."""
    query = cast(SegmentQuery, look.question.query)
    if query.definition is not None:
        return members(look, query.definition)
    identity = str(query.segment)
    return known(look, (identity,))[identity]
