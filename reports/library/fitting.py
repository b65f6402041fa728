"""Which panels speak of the reader's business: a tenant without subscriptions has no use for MRR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from accounts.actor import Actor
from analytics.kinds.aggregate import Aggregate
from analytics.period import Period
from analytics.run import Forbidden, run
from data_access.errors import QueryBudgetExceeded
from reports.report import Panel, Report

PROBES = {
    "subscriptions": ("new_customers",),
    "payments": ("gross_revenue",),
    "bookings": ("bookings_started",),
    "usage": ("events",),
}


def fitting(report: Report, actor: Actor, now: datetime) -> Report:
    """The report with the panels whose kind of business the tenant has, and its targets on the headline numbers.

    A panel that the reader may not see stays and says so itself, unless it is `only` for others. Of a tenant that has no data at all
    nothing is left.
    """
    known: dict[str, bool] = {}

    def has(needs: str) -> bool:
        if needs not in known:
            known[needs] = needs == "anything" or _has(needs, actor, now)
        return known[needs]

    started = any(has(needs) for needs in PROBES)
    panels = tuple(_aimed(panel, actor) for panel in report.panels if started and _open(panel, actor) and _kept(panel, has))
    return replace(report, panels=panels)


def _open(panel: Panel, actor: Actor) -> bool:
    return panel.only is None or actor.may(panel.only)


def _kept(panel: Panel, has: Callable[[str], bool]) -> bool:
    return has(panel.needs) and not any(has(other) for other in panel.unless)


def _has(needs: str, actor: Actor, now: datetime) -> bool:
    """Whether such a thing ever happened, or may have: where that is not open to the reader or takes too long, the panel says so."""
    try:
        result = run(Aggregate(metrics=PROBES[needs], period=Period("all")), actor, now)
    except (Forbidden, QueryBudgetExceeded):
        return True
    return not result.empty and (any(result.totals.values()) or result.warned("no_rate"))


def _aimed(panel: Panel, actor: Actor) -> Panel:
    """Targets come from the tenant's settings: `target.mrr` = 50000000 is €500,000 of MRR, in the metric's own unit."""
    if panel.view != "tiles":
        return panel
    targets = {name.removeprefix("target."): float(value) for name, value in actor.tenant.settings if name.startswith("target.")}
    return replace(panel, options=panel.options | {"targets": targets})
