"""Trees of filters over an event and its person: AND and OR groups whose leaves are the same triples as everywhere.

    {"type": "and", "values": [["is", "property.browser", ["Safari"]],
                               {"type": "or", "values": [["is", "person.plan", ["Pro"]], ["is_set", "campaign", []]]}]}

A leaf names a dimension of events (`country`, `path`, `property.x`) or of the person (`person.plan`, `person.x`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

from accounts.language import Text
from accounts.roles import Permission
from analytics.compile import meets
from analytics.dimensions import PROPERTY, column, dimension
from analytics.filters import Filter
from analytics.metric import Dimension, Scan
from analytics.query import InvalidQuery
from analytics.segment_names import is_segment
from analytics.sources.events import EVENT_DIMENSIONS
from data_access.functions import json_text
from data_access.schema import users

PERSON = "person."
MAX_PROPERTY = 200
MAX_DEPTH = 4
PERSON_STORED = ("plan", "kind", "country", "channel", "campaign", "role", "email", "name")
_ANYONE_MAY_CUT_BY = frozenset({"plan", "kind", "country", "channel", "campaign", "role"})


def _part(value: Any) -> Filter | Where:
    if isinstance(value, Filter | Where):
        return value
    return Where.model_validate(value) if isinstance(value, dict) else Filter.from_json(value)


def _plain(value: Filter | Where) -> Any:
    return value.to_json() if isinstance(value, Filter) else value.model_dump(mode="json")


Part = Annotated[Any, PlainValidator(_part), PlainSerializer(_plain)]


class Where(BaseModel):
    """All (`and`) or any (`or`) of its values, each a filter triple or another group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["and", "or"] = "and"
    values: Annotated[tuple[Part, ...], Field(min_length=1, max_length=20)]

    def model_post_init(self, context: Any) -> None:
        if self.depth > MAX_DEPTH:
            raise ValueError(f"conditions are nested more than {MAX_DEPTH} deep")

    @property
    def depth(self) -> int:
        return 1 + max((part.depth for part in self.values if isinstance(part, Where)), default=0)

    def leaves(self) -> Iterator[Filter]:
        """Every triple in the tree."""
        for part in self.values:
            yield from part.leaves() if isinstance(part, Where) else (part,)

    def conjuncts(self) -> frozenset[Filter | Where]:
        """What must all hold: the leaves of nested `and` groups, an `or` group as one."""
        if self.type == "or" and len(self.values) > 1:
            return frozenset({self})
        return frozenset(c for part in self.values for c in (part.conjuncts() if isinstance(part, Where) else (part,)))


def event_dimension(name: str) -> Dimension:
    """A dimension of an event or, as `person.x`, of its person. Raises InvalidQuery."""
    if name.startswith(PERSON):
        return _person(name.removeprefix(PERSON))
    found = dimension(name)
    if is_segment(name):
        return found
    if not name.startswith(PROPERTY) and name not in EVENT_DIMENSIONS:
        raise InvalidQuery(f"events have no dimension “{name[:60]}”")
    return found


def _person(key: str) -> Dimension:
    """A property of the person as it is now, looked up in `users` (see `needs_person`)."""
    if not 0 < len(key) <= MAX_PROPERTY:
        raise InvalidQuery(f"a person’s property has a name of 1 to {MAX_PROPERTY} characters")

    def expression(rows: sa.FromClause, scan: Scan) -> sa.ColumnElement[Any]:
        stated = json_text(users.c.properties, key)
        return sa.func.coalesce(users.c[key], stated) if key in PERSON_STORED else stated

    may = Permission.READ_KPI if key in _ANYONE_MAY_CUT_BY else Permission.READ_PEOPLE
    return Dimension(PERSON + key, Text(f"Person: {key}", f"Personne : {key}"), expression=expression, permission=may)


def needs_person(names: Iterator[str]) -> bool:
    return any(name.startswith(PERSON) for name in names)


def leaf_sql(rows: sa.FromClause, of: Filter, scan: Scan) -> sa.ColumnElement[bool]:
    """One leaf as SQL over rows of `events` (joined to `users` where a leaf is about the person)."""
    return meets(column(rows, event_dimension(of.dimension), scan), of)


def where_sql(rows: sa.FromClause, where: Where, scan: Scan) -> sa.ColumnElement[bool]:
    """The whole tree as SQL; never NULL."""
    parts = [where_sql(rows, part, scan) if isinstance(part, Where) else leaf_sql(rows, part, scan) for part in where.values]
    return sa.and_(*parts) if where.type == "and" else sa.or_(*parts)
