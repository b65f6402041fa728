"""GET /api/v1/metrics and /api/v1/dimensions: what can be asked, by this token."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from accounts.actor import Actor
from analytics.dimensions import DIMENSIONS
from analytics.metric import Dimension, Metric
from analytics.metrics import METRICS
from api import auth, paging
from api.answers import answer


async def metrics(request: Request) -> Response:
    """The metrics the token may read, by name, page by page."""
    actor = (await auth.bearer(request)).actor
    readable = {m.name: m for m in METRICS.values() if not m.hidden and actor.may(m.permission)}
    return _listed(request, [metric_json(readable[name], actor) for name in sorted(readable)])


async def dimensions(request: Request) -> Response:
    """The dimensions to break down and filter by, by name, page by page."""
    actor = (await auth.bearer(request)).actor
    readable = {d.name: d for d in DIMENSIONS.values() if d.permission is None or actor.may(d.permission)}
    return _listed(request, [dimension_json(readable[name], actor) for name in sorted(readable)])


def _listed(request: Request, items: list[dict[str, Any]]) -> Response:
    limit, after = paging.asked(request)
    shown, following = paging.page([item for item in items if item["name"] > after], limit, lambda item: item["name"])
    return answer({"data": shown, "next_cursor": following})


def metric_json(metric: Metric, actor: Actor) -> dict[str, Any]:
    """A metric's definition in the reader's language."""
    return {
        "name": metric.name,
        "label": metric.label[actor.locale],
        "description": metric.description[actor.locale],
        "group": metric.group,
        "unit": str(metric.unit),
        "better": metric.better,
        "change": metric.change,
        "permission": str(metric.permission),
    }


def dimension_json(dimension: Dimension, actor: Actor) -> dict[str, Any]:
    """A dimension's name and the words for its values."""
    values = {value: text[actor.locale] for value, text in dimension.values.items()}
    return {"name": dimension.name, "label": dimension.label[actor.locale], "values": values}
