"""KINDS: every shape a question can take. A new shape is one file here and one entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from accounts.roles import Permission
from analytics.filters import InvalidFilter
from analytics.kinds import (
    aggregate,
    attribution,
    dropoff,
    event_names,
    funnel,
    lifecycle,
    live,
    movements,
    paths,
    people,
    person,
    properties,
    retention,
    segment_difference,
    segment_members,
    segment_overlap,
    segment_size,
    sessions,
    stickiness,
    trends,
)
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.attribution_query import Attribution
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.event_names import EventNames
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.lifecycle import Lifecycle
from analytics.kinds.live import Live
from analytics.kinds.movements import Movements
from analytics.kinds.paths import Paths
from analytics.kinds.people import People
from analytics.kinds.person_query import Person
from analytics.kinds.properties import Properties
from analytics.kinds.retention import Retention
from analytics.kinds.segment_difference import SegmentDifference
from analytics.kinds.segment_members import SegmentMembers, SegmentReasons
from analytics.kinds.segment_overlap import SegmentOverlap
from analytics.kinds.segment_size import SegmentSize
from analytics.kinds.sessions import Sessions
from analytics.kinds.stickiness import Stickiness
from analytics.kinds.trends import Trends
from analytics.period import InvalidPeriod
from analytics.query import InvalidQuery, Query, explain
from analytics.question import Question
from analytics.result import Result


@dataclass(frozen=True)
class Kind:
    """How one shape is answered.

    answer: the Result for one period (the comparison is the same call with another period).
    tables: warehouse tables the answer depends on; lookback: days of history before the period that it
    depends on, None for all. permissions: what the actor must hold. until_now: whether the answer also depends on what
    came after the period, up to today. looks_at: for shapes that show single persons, the action and object that the trail
    of who looked at whom gets.
    """

    query: type[Query]
    answer: Callable[[Question], Result]
    tables: Callable[[Any], Iterable[str]]
    permissions: Callable[[Any], frozenset[Permission]]
    lookback: Callable[[Any], int | None]
    until_now: Callable[[Any], bool] = lambda query: False
    looks_at: Callable[[Any], tuple[str, str]] | None = None


KINDS: dict[str, Kind] = {
    "aggregate": Kind(Aggregate, aggregate.answer, aggregate.tables, aggregate.permissions, aggregate.lookback, aggregate.until_now),
    "retention": Kind(Retention, retention.answer, retention.tables, retention.permissions, retention.lookback),
    "trends": Kind(Trends, trends.answer, trends.tables, trends.permissions, trends.lookback),
    "movements": Kind(Movements, movements.answer, movements.tables, movements.permissions, movements.lookback),
    "funnel": Kind(Funnel, funnel.answer, funnel.tables, funnel.permissions, funnel.lookback),
    "lifecycle": Kind(Lifecycle, lifecycle.answer, lifecycle.tables, lifecycle.permissions, lifecycle.lookback),
    "stickiness": Kind(Stickiness, stickiness.answer, stickiness.tables, stickiness.permissions, stickiness.lookback),
    "paths": Kind(Paths, paths.answer, paths.tables, paths.permissions, paths.lookback),
    "sessions": Kind(Sessions, sessions.answer, sessions.tables, sessions.permissions, sessions.lookback, sessions.until_now),
    "attribution": Kind(Attribution, attribution.answer, attribution.tables, attribution.permissions, attribution.lookback),
    "event_names": Kind(EventNames, event_names.answer, event_names.tables, event_names.permissions, event_names.lookback),
    "live": Kind(Live, live.answer, live.tables, live.permissions, live.lookback, live.until_now),
    "people": Kind(People, people.answer, people.tables, people.permissions, people.lookback, people.until_now, people.looks_at),
    "person": Kind(Person, person.answer, person.tables, person.permissions, person.lookback, looks_at=person.looks_at),
    "dropoff": Kind(DropOff, dropoff.answer, dropoff.tables, dropoff.permissions, dropoff.lookback),
    "properties": Kind(Properties, properties.answer, properties.tables, properties.permissions, properties.lookback),
    "segment_size": Kind(SegmentSize, segment_size.answer, segment_size.tables, segment_size.permissions, segment_size.lookback),
    "segment_overlap": Kind(
        SegmentOverlap, segment_overlap.answer, segment_overlap.tables, segment_overlap.permissions, segment_overlap.lookback
    ),
    "segment_difference": Kind(
        SegmentDifference, segment_difference.answer, segment_difference.tables, segment_difference.permissions, segment_difference.lookback
    ),
    "segment_members": Kind(
        SegmentMembers,
        segment_members.answer,
        segment_members.tables,
        segment_members.permissions,
        segment_members.lookback,
        looks_at=segment_members.looks_at,
    ),
    "segment_reasons": Kind(
        SegmentReasons,
        segment_members.why,
        segment_members.tables,
        segment_members.permissions,
        segment_members.lookback,
        looks_at=segment_members.looks_at,
    ),
}


def query_from_json(data: Any) -> Query:
    """The Query of a JSON document; raises InvalidQuery with the first thing wrong."""
    name = data.get("kind", "aggregate") if isinstance(data, dict) else None
    if not isinstance(name, str) or name not in KINDS:
        raise InvalidQuery(f"a query is an object with a kind: one of {', '.join(KINDS)}")
    kind = KINDS[name]
    try:
        return kind.query.model_validate(data)
    except ValidationError as error:
        raise InvalidQuery(explain(error)) from None
    except (InvalidFilter, InvalidPeriod) as error:
        raise InvalidQuery(str(error)) from None
