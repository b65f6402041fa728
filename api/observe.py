"""The product's own numbers, for Prometheus at /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import Scope

REGISTRY = CollectorRegistry()
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REQUESTS = Counter(
    "vigie_http_requests_total", "HTTP requests by route, method and status.", ("route", "method", "status"), registry=REGISTRY
)
SECONDS = Histogram("vigie_http_request_duration_seconds", "Time to answer HTTP requests.", ("route",), registry=REGISTRY, buckets=_BUCKETS)
QUERIES = Histogram("vigie_query_duration_seconds", "Time to answer a question of the API.", ("kind",), registry=REGISTRY, buckets=_BUCKETS)
TASKS = Counter("vigie_task_runs_total", "Runs of scheduled tasks by outcome.", ("task", "outcome"), registry=REGISTRY)

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe(scope: Scope, status: int, seconds: float) -> str:
    """Count one request; the route's label. Labels are a closed set: a scanner's paths must not grow the registry."""
    route = _label(scope)
    method = scope["method"] if scope["method"] in _METHODS else "other"
    REQUESTS.labels(route, method, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    return route


def _label(scope: Scope) -> str:
    path: str = scope["path"]
    for prefix in ("/static/", "/assets/", "/_stcore/", "/media/", "/component/"):
        if path.startswith(prefix):
            return prefix + "*"
    route = scope.get("route_label")
    return str(route) if route else "page"
