"""The question that a funnel asks."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from accounts.roles import Permission
from analytics.event_log import CutName, EventQuery, Unit
from analytics.kernels.attempts import Exclusion, Plan
from analytics.matching import Matcher
from analytics.query import Scope

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
LONGEST_WINDOW = 10 * 366 * 86_400  # seconds


class FunnelStep(Matcher):
    """One step; an `optional` one may be left out and never delays the next."""

    optional: bool = False


class FunnelExclusion(Matcher):
    """An event that must not happen strictly between two steps, numbered from 0."""

    from_step: Annotated[int, Field(ge=0, le=19)] = 0
    to_step: Annotated[int, Field(ge=1, le=19)] = 1


class Funnel(EventQuery):
    """`Funnel(steps=(FunnelStep(event="sign_up"), FunnelStep(event="buy")), window=7, window_unit="day")`.

    `per`: who goes through it. `entry`: every matching event starts an attempt, or only the first in the period, or only where
    the first one ever lies in the period. `by` cuts by up to three dimensions (`attribution` says by whose value; `attribution_step`
    counts from 0); beyond `limit` slices the rest is "Other". `hold` asks for the same known value on every step.
    `value` adds the money of the events that filled each step. What the rules mean exactly: docs/semantics.md.
    """

    kind: Literal["funnel"] = "funnel"
    steps: Annotated[tuple[FunnelStep, ...], Field(min_length=1, max_length=20)]
    order: Literal["ordered", "strict", "unordered"] = "ordered"
    window: Annotated[int, Field(ge=1, le=LONGEST_WINDOW)] = 14
    window_unit: Literal["second", "minute", "hour", "day", "week"] = "day"
    exclusions: Annotated[tuple[FunnelExclusion, ...], Field(max_length=10)] = ()
    per: Unit = "user"
    entry: Literal["every", "first_in_period", "first_ever"] = "every"
    by: Annotated[tuple[CutName, ...], Field(max_length=3)] = ()
    attribution: Literal["first", "last", "step", "all"] = "first"
    attribution_step: Annotated[int, Field(ge=0, le=19)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 25
    hold: CutName | None = None
    view: Literal["steps", "histogram", "trend"] = "steps"
    grain: Literal["day", "week", "month", "quarter", "year"] = "day"  # of the trend
    bins: Literal["even", "growing"] = "even"  # of the histogram: of one width, or from seconds to months
    value: bool = False

    @field_validator("by")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("names a dimension twice")
        return names

    @model_validator(mode="after")
    def _possible(self) -> Self:
        count = len(self.steps)
        if self.steps[0].optional:
            raise ValueError("the first step cannot be optional: everybody enters there")
        if self.order != "ordered" and any(step.optional for step in self.steps):
            raise ValueError("only an ordered funnel has optional steps")
        if any(not x.from_step < x.to_step < count for x in self.exclusions):
            raise ValueError(f"an exclusion lies between two of the {count} steps, the first before the second, counted from 0")
        if self.by and self.attribution == "step" and self.attribution_step >= count:
            raise ValueError(f"attribution_step counts from 0 and there are {count} steps")
        if self.window_seconds > LONGEST_WINDOW:
            raise ValueError("a conversion window is at most ten years")
        return self

    @property
    def window_seconds(self) -> int:
        return self.window * SECONDS[self.window_unit]

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        return (*self.steps, *self.exclusions)

    def plan(self) -> Plan:
        """The funnel as numbers, for the kernels."""
        later = [False, *(after.contains(before) for before, after in zip(self.steps, self.steps[1:], strict=False))]
        count = len(self.steps)
        return Plan(
            count,
            self.window_seconds * 1_000_000,
            tuple(later),
            tuple(step.optional for step in self.steps),
            tuple(Exclusion(count + i, x.from_step, x.to_step) for i, x in enumerate(self.exclusions)),
        )

    def within(self, scope: Scope) -> Self:
        """A trend has no hours: days are its finest."""
        return super().within(scope.model_copy(update={"grain": "day"}) if scope.grain == "hour" else scope)

    def money(self) -> frozenset[Permission]:
        return frozenset({Permission.READ_MONEY}) if self.value else frozenset()
