"""The question why people drop out of a funnel."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_serializer, model_validator

from analytics.event_log import CutName
from analytics.kinds.funnel_query import Funnel
from analytics.query import Query, Scope

CUTS = ("browser", "os", "device", "country", "channel", "plan", "language", "kind")


class DropOff(Query):
    """`DropOff(of=Funnel(...), step=3)`: what sets those who dropped before a step apart from those who did it.

    `look`: `differences`, for each value of the dimensions `by` whether its people drop more often than all others
    (without `step` before any required one); `next`, the event after
    the step before, of those who dropped beside those who went on; `errors`, the form errors, logged errors and events with the action
    "error" that they met in the half hour (`within_seconds`) after the step before. For these two, without `step` it is
    the one before which most drop.
    The period is this query's; its filters are added to the funnel's.
    """

    kind: Literal["dropoff"] = "dropoff"
    of: Funnel
    step: Annotated[int, Field(ge=2, le=20)] | None = None
    look: Literal["differences", "next", "errors"] = "differences"
    by: Annotated[tuple[CutName, ...], Field(min_length=1, max_length=12)] = CUTS
    within_seconds: Annotated[int, Field(ge=1, le=30 * 86_400)] = 1800
    limit: Annotated[int, Field(ge=1, le=200)] = 20

    @model_validator(mode="before")
    @classmethod
    def _own_period(cls, data: Any) -> Any:
        """Without a period of its own it is the funnel's."""
        if not isinstance(data, dict) or "period" in data:
            return data
        asked = data.get("of")
        period = asked.get("period") if isinstance(asked, dict) else getattr(asked, "period", None)
        return data if period is None else {**data, "period": period}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len(self.of.steps) < 2:
            raise ValueError("nobody drops out of a single step: add another")
        if self.step is not None and self.step > len(self.of.steps):
            raise ValueError(f"the funnel has {len(self.of.steps)} steps, counted from 1")
        return self

    @field_serializer("of")
    def _with_its_kind(self, of: Funnel) -> dict[str, Any]:
        return of.to_json()

    def within(self, scope: Scope) -> Self:
        """The scope of the page, as for any question; the funnel inside follows (see `asked`)."""
        return super().within(scope.model_copy(update={"grain": None}))

    @property
    def asked(self) -> Funnel:
        """The funnel within this question's period, filters and segment, as plain steps."""
        plain = {"by": (), "attribution": "first", "view": "steps", "value": False, "period": self.period}
        filters = tuple(dict.fromkeys(self.of.filters + self.filters))
        return self.of.model_copy(update=plain | {"filters": filters, "segment": self.segment or self.of.segment})
