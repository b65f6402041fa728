"""What a segment is: a tree of conditions on people. Frozen, hashable, the same as JSON.

    Group(kind="all", of=(
        Property(filter=Filter("is", "person.plan", ("Pro",))),
        Did(event=Matcher(event="export"), op="at_least", amount=3, window=Window(days=30)),
        Group(kind="any", of=(Stopped(event=Matcher(event="login"), days=14), Joined(window=Window(days=7)))),
    ))

What each condition means exactly: docs/segments.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator, model_validator

from accounts.roles import Permission
from analytics.filters import InvalidFilter
from analytics.kinds import people as behind
from analytics.kinds.funnel_query import SECONDS
from analytics.kinds.people_query import People
from analytics.matching import Matcher
from analytics.period import InvalidPeriod
from analytics.query import FilterField, InvalidQuery, explain
from analytics.segment_names import is_segment, named
from analytics.where import PERSON, event_dimension

MAX_DEPTH = 4
MAX_CONDITIONS = 40
MAX_DAYS = 3_660
SEGMENT_ID = r"^[0-9a-f]{16}$"
Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Window(Part):
    """Which days count: the last `days` (today included), those from `first` to `last` (both included), or, with neither, all so far."""

    days: Days | None = None
    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("a period has a first and a last day")
        if self.days is not None and self.first is not None:
            raise ValueError("choose either the last days or a period, not both")
        if self.first and self.last and self.last < self.first:
            raise ValueError("the last day lies before the first")
        return self


class Property(Part):
    """The person's property as it is now: `Filter("is", "person.plan", ("Pro",))`."""

    kind: Literal["property"] = "property"
    filter: FilterField

    @field_validator("filter")
    @classmethod
    def _of_a_person(cls, value: Any) -> Any:
        if not value.dimension.startswith(PERSON) or not 0 < len(value.dimension) - len(PERSON) <= 200:
            raise ValueError("a property of the person is named person.<name>; for properties of events use a condition on what was done")
        return value


class Did(Part):
    """How often (`times`), on how many `days`, or for what `sum` of `of` ("value" or "property.x") somebody did it.

    `op` "not" is never in the window; it takes no amount. Who never did it did it 0 times.
    """

    kind: Literal["did"] = "did"
    event: Matcher = Matcher()
    measure: Literal["times", "days", "sum"] = "times"
    of: Annotated[str, Field(min_length=1, max_length=220)] | None = None
    op: Literal["at_least", "at_most", "exactly", "not"] = "at_least"
    amount: Annotated[float, Field(ge=-1e15, le=1e15, allow_inf_nan=False)] = 1
    window: Window = Window(days=30)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if (self.measure == "sum") != (self.of is not None):
            raise ValueError("a sum names what is summed: value, or property.<name>; a count does not")
        if self.of is not None and self.of != "value" and not (self.of.startswith("property.") and len(self.of) > 9):
            raise ValueError("only value and property.<name> can be summed")
        if self.measure != "sum" and (self.amount < 0 or self.amount != int(self.amount)):
            raise ValueError("how often is a whole number, 0 or more")
        if self.op == "not" and self.measure == "sum":
            raise ValueError("“did not” has no sum: count times instead")
        if self.op == "at_least" and self.amount == 0 and self.measure != "sum":
            raise ValueError("at least 0 times is everybody: ask for 1 or more")
        return self


class Stopped(Part):
    """Did it before, and not in the last `days` (today included)."""

    kind: Literal["stopped"] = "stopped"
    event: Matcher = Matcher()
    days: Days = 30


class FirstTime(Part):
    """The first ever such event lies in the window."""

    kind: Literal["first_time"] = "first_time"
    event: Matcher = Matcher()
    window: Window = Window(days=30)

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.window == Window():
            raise ValueError("a first time in all history is having done it at all: name a window")
        return self


class Sequence(Part):
    """Did the steps in this order, all within `within` units of the first, none of `without` strictly between two of them."""

    kind: Literal["sequence"] = "sequence"
    steps: Annotated[tuple[Matcher, ...], Field(min_length=2, max_length=6)]
    within: Annotated[int, Field(ge=1, le=3_660)] = 7
    unit: Literal["minute", "hour", "day", "week"] = "day"
    without: Matcher | None = None
    window: Window = Window(days=30)

    @property
    def seconds(self) -> int:
        return self.within * SECONDS[self.unit]


class InSegment(Part):
    """In (`inside`) or out of another segment, as it is now."""

    kind: Literal["segment"] = "segment"
    id: Annotated[str, Field(pattern=SEGMENT_ID)]
    inside: bool = True


class Behind(Part):
    """The people behind a number, asked again each time."""

    kind: Literal["behind"] = "behind"
    people: People

    @field_validator("people", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        try:
            return People.model_validate(value)
        except ValidationError as error:
            raise ValueError(explain(error)) from None
        except (InvalidFilter, InvalidPeriod, InvalidQuery) as error:
            raise ValueError(str(error)) from None

    @field_validator("people")
    @classmethod
    def _of_users(cls, value: People) -> People:
        if value.of is not None and getattr(value.of, "per", "user") != "user":
            raise ValueError("a segment holds people: the question must count users, not sessions or accounts")
        return value

    @field_serializer("people")
    def _whole(self, value: People) -> dict[str, Any]:
        return value.to_json()


class Joined(Part):
    """Created in the window: by the sign-up the source states, else the first event."""

    kind: Literal["joined"] = "joined"
    window: Window = Window(days=30)


class Group(Part):
    """All or any of its parts."""

    kind: Literal["all", "any"] = "all"
    of: Annotated[tuple[Node, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.depth > MAX_DEPTH:
            raise ValueError(f"groups are nested more than {MAX_DEPTH} deep")
        if sum(1 for _ in leaves(self)) > MAX_CONDITIONS:
            raise ValueError(f"a segment has at most {MAX_CONDITIONS} conditions: put some into a segment of their own")
        return self

    @property
    def depth(self) -> int:
        return 1 + max((part.depth for part in self.of if isinstance(part, Group)), default=0)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, kinds kept."""
        return self.model_dump(mode="json", exclude_none=True)


Condition = Property | Did | Stopped | FirstTime | Sequence | InSegment | Behind | Joined
Node = Annotated[Group | Condition, Field(discriminator="kind")]
Group.model_rebuild()


class InvalidSegment(InvalidQuery):
    """The segment cannot be kept or used; the message says what to change, `fr` in French where it is known."""

    def __init__(self, message: str, fr: str = "") -> None:
        super().__init__(message)
        self.fr = fr


def definition_from_json(data: Any) -> Group:
    """The tree of a JSON document; raises InvalidSegment with the first thing wrong."""
    try:
        found = Group.model_validate(data)
        permissions(found)
    except ValidationError as error:
        raise InvalidSegment(explain(error)) from None
    except (InvalidFilter, InvalidPeriod, InvalidQuery) as error:
        raise InvalidSegment(str(error)) from None
    return found


def leaves(group: Group) -> Iterator[Condition]:
    """Every condition of the tree."""
    for part in group.of:
        if isinstance(part, Group):
            yield from leaves(part)
        else:
            yield part


def mentions(group: Group) -> tuple[str, ...]:
    """The segments it is made of, each once."""
    found: dict[str, None] = {}
    for leaf in leaves(group):
        found |= {leaf.id: None} if isinstance(leaf, InSegment) else dict.fromkeys(named(leaf))
    return tuple(found)


def matchers(leaf: Condition) -> tuple[Matcher, ...]:
    """The events that a condition is about."""
    match leaf:
        case Did() | Stopped() | FirstTime():
            return (leaf.event,)
        case Sequence():
            return (*leaf.steps, *([leaf.without] if leaf.without else []))
        case _:
            return ()


def permissions(group: Group) -> frozenset[Permission]:
    """What somebody must hold to write or try these conditions. Raises InvalidQuery where a name cannot be one."""
    return frozenset({Permission.READ_KPI}).union(*(_needed(leaf) for leaf in leaves(group)))


def _needed(leaf: Condition) -> frozenset[Permission]:
    conditions = [of.dimension for matcher in matchers(leaf) for of in matcher.leaves()]
    if any(is_segment(name) for name in conditions):
        raise InvalidQuery("a condition on an event cannot name a segment: add the segment as a condition of its own")
    found = {event_dimension(name).permission for name in conditions}
    match leaf:
        case Property():
            found.add(event_dimension(leaf.filter.dimension).permission)
        case Did(of="value"):
            found.add(Permission.READ_MONEY)
        case Behind():
            found |= behind.permissions(leaf.people)
    return frozenset(found)


def tables(leaf: Condition) -> frozenset[str]:
    """The tables that one condition is read from."""
    match leaf:
        case Property() | Joined():
            return frozenset({"users"})
        case Behind():
            return frozenset(behind.tables(leaf.people))
        case InSegment():
            return frozenset()
    personal = any(of.dimension.startswith(PERSON) for matcher in matchers(leaf) for of in matcher.leaves())
    return frozenset({"events", "users"} if personal else {"events"})
