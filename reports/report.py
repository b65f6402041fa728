"""Something to look at: a Panel is a question and a view; a Report is an ordered tuple of Panels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from accounts.language import Text
from accounts.roles import Permission
from analytics.query import Query


@dataclass(frozen=True)
class Panel:
    """One card. `view` names a function in VIEWS; `options` go to it. `note` is the line under the title."""

    name: str
    title: Text
    query: Query
    view: str
    note: Text | None = None
    width: Literal["full", "half", "third", "two_thirds"] = "full"
    height: int = 280  # pixels on screen
    options: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)


@dataclass(frozen=True)
class Report:
    """A built-in page, a custom dashboard, a scheduled report and a PDF are all Reports."""

    name: str
    title: Text
    description: Text
    panels: tuple[Panel, ...]
    permission: Permission = Permission.READ_KPI
