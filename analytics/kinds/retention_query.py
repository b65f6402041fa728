"""The question that a retention grid asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from accounts.roles import Permission
from analytics.dimensions import PROPERTY, dimension
from analytics.event_log import CutName, EventQuery, event_permissions
from analytics.filters import Filter
from analytics.matching import EventName, Matcher
from analytics.period import Period
from analytics.query import PeriodField, Scope
from analytics.where import PERSON

MONEY_SUBJECTS = ("customers", "revenue_net", "revenue_gross")
VALUE = "value"


MatcherField = EventName | Matcher | None


def _meant(said: MatcherField) -> Matcher | None:
    """A bare name is the event of that name; None where any event is meant."""
    matcher = Matcher(event=said) if isinstance(said, str) else said
    return None if matcher is not None and matcher.forms() == [(None, frozenset())] else matcher


class Retention(EventQuery):
    """`Retention(subject="customers", grain="month", period="12m")`.

    subject: `customers` by their first payment, `revenue_net` and `revenue_gross` of the same cohorts, or `users` by an event.
    For users: `start_event` and `return_event` (a name or a Matcher; None: any event) and `mode`: `first_time` puts a user in the
    bucket of the first start ever, `first_in_period` of the first start in the grid, `recurring` in every bucket with a start.
    `rolling`: came back in that bucket or a later one of the grid. `min_occurrences`: so many returns in the bucket. `sum_of`: the
    money (`value`) or a number (`property.x`) of the returns instead of users. `by` cuts by up to three dimensions; beyond `limit`
    slices the rest is "Other". `windows`: return columns are buckets of the calendar, or windows of 24 hours (7 or 30 times that for weeks
    and months, one hour for hours) from each user's own start. `brackets`: the last offset of each column after the first, so (3, 7, 14)
    asks for offsets 1–3, 4–7 and 8–14. Buckets are those that meet the period, the first one whole. What the rules mean exactly:
    docs/semantics.md.
    """

    kind: Literal["retention"] = "retention"
    period: PeriodField = Period("12m")
    subject: Literal["customers", "revenue_net", "revenue_gross", "users"] = "customers"
    grain: Literal["hour", "day", "week", "month"] = "month"
    start_event: MatcherField = None
    return_event: MatcherField = None
    mode: Literal["first_time", "first_in_period", "recurring"] = "first_time"
    rolling: bool = False
    min_occurrences: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    sum_of: CutName | None = None
    by: Annotated[tuple[CutName, ...], Field(max_length=3)] = ()
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    windows: Literal["calendar", "24h"] = "calendar"
    brackets: Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], Field(max_length=30)] = ()

    keeps_period: ClassVar[bool] = True  # a page of 30 days would leave one cohort of months

    @field_validator("by")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a dimension twice")
        return names

    @field_validator("brackets")
    @classmethod
    def _rising(cls, ends: tuple[int, ...]) -> tuple[int, ...]:
        if list(ends) != sorted(set(ends)):
            raise ValueError("each bracket ends later than the one before: 3, 7, 14")
        return ends

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.sum_of is not None and self.sum_of != VALUE and not self.sum_of.startswith(PROPERTY):
            raise ValueError("sum_of is value, the money of the events, or a number property.<name>")
        if self.subject == "users":
            return self
        own = ("where", "since", "until", "rolling", "min_occurrences", "sum_of", "by", "windows", "brackets")
        foreign = [name for name in own if getattr(self, name) != type(self).model_fields[name].default]
        if foreign or self.grain == "hour":
            raise ValueError(f"only a grid of users has {foreign[0] if foreign else 'hours'}")
        return self

    def within(self, scope: Scope) -> Self:
        """Filters and segment of the page; the grid keeps its own period and grain."""
        return super().within(scope.model_copy(update={"grain": None}))

    @property
    def start(self) -> Matcher | None:
        """What starts; None for any event."""
        return _meant(self.start_event)

    @property
    def back(self) -> Matcher | None:
        """What returns; None for any event."""
        return _meant(self.return_event)

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        return tuple(matcher for matcher in (self.start, self.back) if matcher)

    def leaves(self) -> Iterator[Filter]:
        """Every condition of the question."""
        yield from self.filters
        yield from self.where.leaves() if self.where else ()
        for matcher in self.matchers:
            yield from matcher.leaves()

    def columns(self, buckets: int) -> tuple[tuple[int, int], ...]:
        """The first and last offset of each column of a grid of so many buckets."""
        if not self.brackets:
            return tuple((k, k) for k in range(buckets))
        firsts = (1, *(end + 1 for end in self.brackets))
        return ((0, 0), *((first, last) for first, last in zip(firsts, self.brackets, strict=False) if first < buckets))

    @property
    def window_seconds(self) -> int:
        """How long one window from a user's own start is."""
        return {"hour": 3_600, "day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400}[self.grain]

    @property
    def about_people(self) -> bool:
        """Whether a condition or the breakdown is about the person."""
        return any(name.startswith(PERSON) for name in (*self.by, *(leaf.dimension for leaf in self.leaves())))


def permissions(query: Retention) -> frozenset[Permission]:
    """What the actor must hold to ask."""
    # TRICKY: a page's filter that events lack is said to be so in the answer, not refused here.
    stated = frozenset(dimension(f.dimension).permission for f in query.filters if not f.dimension.startswith(PERSON))
    if query.subject in MONEY_SUBJECTS:
        return stated | {Permission.READ_MONEY}
    personal = tuple(f for f in query.filters if f.dimension.startswith(PERSON))
    summed = (query.sum_of,) if query.sum_of not in (None, VALUE) else ()
    own = event_permissions(query.model_copy(update={"filters": personal}), query.matchers, (*query.by, *filter(None, summed)))
    return stated | own | ({Permission.READ_MONEY} if query.sum_of == VALUE else frozenset())
