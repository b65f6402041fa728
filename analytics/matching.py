"""Which events are meant: by name, any of several, with conditions; and which of two matchers contains the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Self

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from analytics.filters import Filter
from analytics.metric import Scan
from analytics.where import Where, where_sql

EventName = Annotated[str, Field(min_length=1, max_length=200)]


class Event(BaseModel):
    """An event of this name (None: any name) that meets the conditions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: EventName | None = None
    where: Where | None = None


class Matcher(Event):
    """`Matcher(event="buy")`, or `Matcher(any_of=(Event(event="buy"), Event(event="subscribe")))`; with conditions on all."""

    any_of: Annotated[tuple[Event, ...], Field(max_length=20)] = ()
    label: Annotated[str, Field(max_length=120)] = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.any_of and self.event is not None:
            raise ValueError("name either one event or any of several, not both")
        return self

    @property
    def title(self) -> str:
        """What a reader sees: the label, else the names; "*" for any event."""
        names = dict.fromkeys(alternative.event or "*" for alternative in self.alternatives)
        return self.label or ", ".join(names)

    @property
    def alternatives(self) -> tuple[Event, ...]:
        return self.any_of or (Event(event=self.event),)

    def leaves(self) -> Iterator[Filter]:
        for where in (self.where, *(one.where for one in self.any_of)):
            yield from where.leaves() if where else ()

    def forms(self) -> list[tuple[str | None, frozenset[Filter | Where]]]:
        """Each alternative as a name and everything that must hold."""
        common = self.where.conjuncts() if self.where else frozenset()
        return [(one.event, common | (one.where.conjuncts() if one.where else frozenset())) for one in self.alternatives]

    def contains(self, other: Matcher) -> bool:
        """Whether every event that `other` matches is matched here too, as far as their words say."""
        mine = self.forms()
        return all(any(name in (None, theirs) and tests <= held for name, tests in mine) for theirs, held in other.forms())


def matched(rows: sa.FromClause, matcher: Matcher, scan: Scan) -> sa.ColumnElement[bool]:
    """Whether a row of `events` is one of those meant; never NULL where names are not."""
    options = [_one(rows, one, scan) for one in matcher.alternatives]
    anyone = sa.or_(*options) if len(options) > 1 else options[0]
    return sa.and_(anyone, where_sql(rows, matcher.where, scan)) if matcher.where else anyone


def _one(rows: sa.FromClause, one: Event, scan: Scan) -> sa.ColumnElement[bool]:
    named = [rows.c.name == one.event] if one.event is not None else []
    held = [where_sql(rows, one.where, scan)] if one.where else []
    return sa.and_(*named, *held) if named or held else sa.true()


def names(matchers: Iterable[Matcher]) -> frozenset[str] | None:
    """Every event name that could match, None where any name could."""
    found = [one.event for matcher in matchers for one in matcher.alternatives]
    return None if None in found else frozenset(name for name in found if name is not None)
