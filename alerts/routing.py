"""Who is told: a tree of routes by label, what holds back what, and how often. A document per tenant, with a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerts.rule import InvalidRule
from analytics.query import explain
from data_access.store import alerting

Labels = Mapping[str, str]
Label = Annotated[str, Field(min_length=1, max_length=60)]
Value = Annotated[str, Field(max_length=200)]


def matches(matcher: Labels, labels: Labels) -> bool:
    """Every label named has that value; nothing named matches everything."""
    return all(labels.get(name) == value for name, value in matcher.items())


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(Part):
    """Told as well, where nobody acknowledged for so long."""

    after_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 7)]
    channels: tuple[Value, ...]


class Route(Part):
    """`channels`: names, or `kind:slack` for every channel of a kind. The first child that matches takes the alert, and the
    next ones too where it `goes_on`; an alert no child takes is this route's."""

    matcher: dict[Label, Value] = {}
    channels: tuple[Value, ...] = ()
    group_by: tuple[Label, ...] = ("rule",)
    wait_seconds: Annotated[int, Field(ge=0, le=3600)] = 10
    interval_seconds: Annotated[int, Field(ge=0, le=24 * 3600)] = 300
    repeat_minutes: Annotated[int, Field(ge=5, le=60 * 24 * 30)] = 240
    escalation: tuple[Step, ...] = ()
    children: tuple[Route, ...] = ()
    goes_on: bool = False

    def taking(self, labels: Labels) -> Iterator[Route]:
        """The routes that take an alert with these labels."""
        taken = False
        for child in self.children:
            if not matches(child.matcher, labels):
                continue
            taken = True
            yield from child.taking(labels)
            if not child.goes_on:
                return
        if not taken:
            yield self


class Inhibition(Part):
    """While an alert matches `source`, those that match `target` and have the same `equal` labels tell nobody."""

    source: dict[Label, Value]
    target: dict[Label, Value]
    equal: tuple[Label, ...] = ()


class Routing(Part):
    route: Route = Route()
    inhibitions: tuple[Inhibition, ...] = ()


DEFAULT = Routing(
    route=Route(
        children=(
            Route(matcher={"severity": "emergency"}, channels=("kind:email", "kind:slack", "kind:sms"), wait_seconds=0, repeat_minutes=60),
            Route(matcher={"severity": "critical"}, channels=("kind:email", "kind:slack")),
            Route(matcher={"severity": "warning"}, channels=("kind:slack",), repeat_minutes=60 * 24),
        ),
    ),
    inhibitions=(
        Inhibition(source={"severity": "emergency"}, target={"severity": "warning"}, equal=("area",)),
        Inhibition(source={"severity": "critical"}, target={"severity": "warning"}, equal=("area", "service")),
    ),
)


def routing_from_json(data: Any) -> Routing:
    """The routing of a JSON or YAML document; raises InvalidRule with the first thing wrong."""
    try:
        return Routing.model_validate(data)
    except ValidationError as error:
        raise InvalidRule(explain(error)) from None


def of_tenant(tx: sa.Connection, tenant: int) -> Routing:
    """The tenant's own routing, the default where it has none."""
    kept = tx.scalar(sa.select(alerting.c.definition).where(alerting.c.tenant == tenant))
    return DEFAULT if kept is None else routing_from_json(kept)
