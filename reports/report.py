"""Something to look at: a Panel is a question and a view; a Report is an ordered tuple of Panels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.query import Query, Scope
from analytics.result import Result
from analytics.run import run

Business = Literal["anything", "usage", "subscriptions", "payments", "bookings"]


@dataclass(frozen=True)
class Panel:
    """One card. `view` names a function in VIEWS; `options` go to it. `note` is the line under the title.

    `beside` are further questions whose answers the view reads from `Result.extra["beside"]`. `trend` is a question
    with a period and grain of its own, for the sparklines of `Result.extra["trend"]`. A `fixed` panel keeps
    its own period and grain and takes only the reader's filters; its note says which period that is. `drill` is the
    question asked when a bar, a point or a row is clicked, narrowed to what was clicked. `needs` names the kind of
    business the panel speaks of: a tenant that has no such data does not see it, nor one that has any of `unless`. A page leaves out a
    panel that takes a right, `only`, which the reader lacks.
    """

    name: str
    title: Text
    query: Query
    view: str
    note: Text | None = None
    width: Literal["full", "half", "third", "two_thirds"] = "full"
    height: int = 280  # pixels on screen
    options: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    beside: tuple[Query, ...] = ()
    trend: Query | None = None
    fixed: bool = False
    drill: Query | None = None
    needs: Business = "anything"
    unless: tuple[Business, ...] = ()
    only: Permission | None = None

    def asked(self, query: Query, scope: Scope) -> Query:
        """One of the panel's questions, inside the reader's scope."""
        if self.fixed or query is self.trend:
            scope = scope.model_copy(update={"period": query.period, "compare": query.compare, "grain": None})
        return query.within(scope)


@dataclass(frozen=True)
class Report:
    """A built-in page, a custom dashboard, a scheduled report and a PDF are all Reports."""

    name: str
    title: Text
    description: Text
    panels: tuple[Panel, ...]
    permission: Permission = Permission.READ_KPI

    @property
    def compares(self) -> bool:
        """Whether any panel shows what the reader chose to compare with."""
        asked = (query for panel in self.panels if not panel.fixed for query in (panel.query, *panel.beside))
        return any(query.compare is not None for query in asked)


def answer(panel: Panel, scope: Scope, actor: Actor, now: datetime) -> Result:
    """The panel's Result inside the scope, with the answers to its further questions in `extra`.

    Raises what `run` raises.
    """
    result = run(panel.asked(panel.query, scope), actor, now)
    extra = dict(result.extra)
    if panel.beside:
        extra["beside"] = tuple(run(panel.asked(query, scope), actor, now) for query in panel.beside)
    if panel.trend:
        extra["trend"] = run(panel.asked(panel.trend, scope), actor, now)
    return replace(result, extra=extra)
