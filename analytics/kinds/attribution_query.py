"""The question of what brought conversions about, and what the actor must hold to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from accounts.roles import Permission
from analytics.dimensions import dimension
from analytics.filters import Filter
from analytics.matching import Matcher
from analytics.query import Query
from analytics.where import PERSON, event_dimension

Cut = Literal["channel", "campaign", "source", "medium"]
COSTED = frozenset({"channel", "campaign"})  # what costs are known by


class Attribution(Query):
    """`Attribution(types=("subscription",), by=("channel",), lookback_days=30)`: conversions shared among what came before them.

    What converts: conversions of these `types` (none named: of any type), or every event that `event` means. By which touchpoints:
    those the conversion states itself, else the person's visits; `touchpoints="visits"` looks at visits only. `direct="last_resort"`
    gives direct visits credit only where nothing else came before. `half_life_days` is that of the time-decay model; the position-based
    one gives 40 % to the first, 40 % to the last, 20 % to those between. `value` adds money, cost, CAC and ROAS. Slices beyond
    `limit` become "Other". What the rules mean exactly: docs/semantics.md.
    """

    kind: Literal["attribution"] = "attribution"
    types: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=20)] = ()
    event: Matcher | None = None
    by: Annotated[tuple[Cut, ...], Field(min_length=1, max_length=4)] = ("channel",)
    touchpoints: Literal["stated", "visits"] = "stated"
    direct: Literal["counts", "last_resort"] = "counts"
    lookback_days: Annotated[int, Field(ge=1, le=365)] = 30
    half_life_days: Annotated[float, Field(ge=0.01, le=365, allow_inf_nan=False)] = 7.0
    value: bool = True
    limit: Annotated[int, Field(ge=1, le=1_000)] = 50

    @field_validator("by", "types")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names something twice")
        return names

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if self.types and self.event is not None:
            raise ValueError("name either types of conversions or an event, not both")
        return self

    def leaves(self) -> Iterator[Filter]:
        """Every condition of the question."""
        yield from self.filters
        yield from self.event.leaves() if self.event else ()

    @property
    def about_people(self) -> bool:
        return any(leaf.dimension.startswith(PERSON) for leaf in self.leaves())


def permissions(query: Attribution) -> frozenset[Permission]:
    """What the actor must hold to ask."""
    named = [event_dimension(leaf.dimension) if query.event else dimension(leaf.dimension) for leaf in query.leaves()]
    money = {Permission.READ_MONEY} if query.value else set()
    return frozenset({Permission.READ_KPI, *(one.permission for one in named), *money})
