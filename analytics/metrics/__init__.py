"""METRICS: every number the product knows, by name."""

from __future__ import annotations

from collections.abc import Iterable

from analytics.metric import Metric
from analytics.metrics.acquisition import ACQUISITION
from analytics.metrics.activity import ACTIVITY
from analytics.metrics.audience import AUDIENCE
from analytics.metrics.marketplace import MARKETPLACE
from analytics.metrics.payments import PAYMENTS
from analytics.metrics.quality import QUALITY
from analytics.metrics.revenue import REVENUE
from analytics.metrics.sessions import SESSIONS
from analytics.metrics.usage import USAGE
from analytics.query import InvalidQuery

_GROUPS = (REVENUE, PAYMENTS, ACTIVITY, SESSIONS, AUDIENCE, ACQUISITION, QUALITY, USAGE, MARKETPLACE)
METRICS: dict[str, Metric] = {m.name: m for group in _GROUPS for m in group}


def metric(name: str) -> Metric:
    """The metric of that name; raises InvalidQuery."""
    if name not in METRICS:
        raise InvalidQuery(f"there is no metric “{name[:60]}”: `GET /api/v1/metrics` or `vigie metrics` lists them")
    return METRICS[name]


def expand(names: Iterable[str]) -> tuple[Metric, ...]:
    """The metrics and all they are derived from, each once, what is needed before what needs it."""
    ordered: dict[str, Metric] = {}

    def visit(name: str) -> None:
        if name not in ordered:
            found = metric(name)
            for need in found.needs:
                visit(need)
            ordered[name] = found

    for name in names:
        visit(name)
    return tuple(ordered.values())
