"""The question about one person."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, NaiveDatetime, model_validator

from accounts.roles import Permission
from analytics.period import Period
from analytics.query import PeriodField, Query

What = Literal[
    "event", "conversion", "payment", "subscription", "form_error", "error", "generation", "conversation", "api_request", "booking", "call"
]
WHATS: tuple[What, ...] = get_args(What)
NEEDS: dict[str, Permission] = {
    "payment": Permission.READ_MONEY,
    "subscription": Permission.READ_MONEY,
    "error": Permission.READ_HEALTH,
}


class Person(Query):
    """`Person(id="ann@acme.test", view="timeline")`: one person, by any id they were ever known by.

    `profile`: who they are and what they did in the period, as one row. `days`: events per day. `timeline`: what happened, newest
    first, of the kinds in `what` (all that the reader may see unless told), `limit` at a time; the next page is asked with `before`
    and `skip` of the answer's `extra["next"]`.
    """

    kind: Literal["person"] = "person"
    id: Annotated[str, Field(min_length=1, max_length=1000)]
    view: Literal["profile", "days", "timeline"] = "profile"
    period: PeriodField = Period("all")
    what: Annotated[tuple[What, ...], Field(max_length=len(WHATS))] = ()
    before: NaiveDatetime | None = None
    skip: Annotated[int, Field(ge=0, le=100_000)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 50

    keeps_period: ClassVar[bool] = True

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.filters or self.segment:
            raise ValueError("one person is not filtered: choose what of the timeline to see by what")
        if self.view != "timeline" and (self.what or self.before or self.skip):
            raise ValueError("only the timeline has kinds and pages")
        return self
