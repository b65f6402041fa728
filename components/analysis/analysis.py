"""What makes an analysis page: what it asks at first, how that is edited, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.query import Query
from components.editors.draft import Draft
from reports.report import Report


def _as_it_is(data: dict[str, Any]) -> dict[str, Any]:
    return data


@dataclass(frozen=True)
class Analysis:
    """One page of the kind of Funnels.

    name: the page's name in PAGES, and of its report. kinds: the shapes its address may hold. start: the question asked of a
    reader who brought none (never fails; reads through `run`). editor: draws the form pieces for the draft. report: the panels that
    answer a question, by its view. settle: brings a draft that was changed back to what can be asked. views: words that `?view=` may
    hold, the first being the default.
    """

    name: str
    title: Text
    kinds: tuple[str, ...]
    start: Callable[[Actor], Query]
    editor: Callable[[Draft], None]
    report: Callable[[Query, str], Report]
    settle: Callable[[dict[str, Any]], dict[str, Any]] = _as_it_is
    views: tuple[str, ...] = ()
    permission: Permission = Permission.READ_KPI
