"""Every route beside the pages, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy.exc import OperationalError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from accounts.roles import Permission
from api import analyses, catalogue, collect, demo_site, health, keys, limits, openapi, operations, quarantine, query, segments, session
from api.answers import ApiError, problem, trace_id
from data_access.errors import WarehouseError

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Entry:
    """One route. `permission` is what it needs beyond a valid token; `token` False for those that need none."""

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    token: bool = True
    permission: Permission | None = None
    documented: bool = True


UNAVAILABLE = ApiError(503, "unavailable", "the warehouse or the store does not answer; try again in a moment", {"Retry-After": "10"})
ADMIN = Permission.ADMINISTER
TABLE: tuple[Entry, ...] = (
    Entry("POST", "/api/v1/query", query.ask, "Ask a question: a Query in, a Result out"),
    Entry("GET", "/api/v1/metrics", catalogue.metrics, "The metrics this token may read"),
    Entry("GET", "/api/v1/dimensions", catalogue.dimensions, "The dimensions to break down and filter by"),
    Entry("GET", "/api/v1/segments", segments.listed, "The tenant's segments", permission=Permission.READ_KPI),
    Entry("POST", "/api/v1/segments", segments.create, "Keep a new segment", permission=Permission.BUILD),
    Entry("GET", "/api/v1/segments/{id}", segments.one, "A segment with its size now", permission=Permission.READ_KPI),
    Entry("PUT", "/api/v1/segments/{id}", segments.change, "Replace a segment", permission=Permission.BUILD),
    Entry("DELETE", "/api/v1/segments/{id}", segments.delete, "Forget a segment", permission=Permission.BUILD),
    Entry("GET", "/api/v1/segments/{id}/members", segments.members, "Who is in a segment", permission=Permission.READ_PEOPLE),
    Entry("GET", "/api/v1/analyses", analyses.listed, "Saved analyses, one's favourites first", permission=Permission.READ_KPI),
    Entry("POST", "/api/v1/analyses", analyses.create, "Save a question under a name", permission=Permission.BUILD),
    Entry("GET", "/api/v1/analyses/{id}", analyses.one, "A saved analysis", permission=Permission.READ_KPI),
    Entry("PUT", "/api/v1/analyses/{id}", analyses.change, "Replace a saved analysis", permission=Permission.BUILD),
    Entry("DELETE", "/api/v1/analyses/{id}", analyses.delete, "Forget a saved analysis", permission=Permission.BUILD),
    Entry("GET", "/api/v1/analyses/{id}/result", analyses.result, "What a saved analysis says now", permission=Permission.READ_KPI),
    Entry("GET", "/api/v1/tokens", keys.listed, "The tenant's API tokens", permission=ADMIN),
    Entry("POST", "/api/v1/tokens", keys.create, "Make an API token", permission=ADMIN),
    Entry("DELETE", "/api/v1/tokens/{id}", keys.revoke, "Revoke an API token", permission=ADMIN),
    Entry("GET", "/api/v1/audit", keys.trail, "What was done and refused, newest first", permission=ADMIN),
    Entry("GET", "/api/v1/quarantine", quarantine.listed, "Events put aside, with their reason, newest first", permission=ADMIN),
    Entry("POST", "/api/v1/quarantine/{id}/replay", quarantine.replay, "Offer an event of the quarantine again", permission=ADMIN),
    Entry("GET", "/api/openapi.json", openapi.document, "This description", token=False),
    Entry("GET", "/healthz", health.alive, "The process lives", token=False),
    Entry("GET", "/readyz", health.ready, "Store and warehouse answer", token=False),
    Entry("GET", "/metrics", health.numbers, "The process's own numbers, for Prometheus", token=False),
    Entry("POST", "/session", session.begin, "Exchange a sign-in's ticket for its cookie", token=False, documented=False),
    Entry("POST", "/session/end", session.end, "Sign out", token=False, documented=False),
    Entry("GET", "/demo/site", demo_site.page, "The demonstration's site", token=False, documented=False),
    Entry("GET", "/demo/site/{rest:path}", demo_site.page, "The demonstration's site", token=False, documented=False),
    Entry("POST", "/internal/{name}", operations.route, "Commands of the command line", token=False, documented=False),
)


def routes() -> list[BaseRoute]:
    """The table as Starlette routes; each answers errors in the one shape and labels its own observations."""
    paths = dict.fromkeys(entry.path for entry in TABLE)
    served: list[BaseRoute] = [_route(path, {e.method: e for e in TABLE if e.path == path}) for path in paths]
    # TRICKY: an address nobody serves would get the page shell, with 200.
    return [*served, *collect.routes(), *(_route(prefix + "/{rest:path}", {}) for prefix in ("/api", "/internal", "/session"))]


def _route(path: str, entries: dict[str, Entry]) -> Route:
    """One Starlette route for all methods of a path, so that another method is 405 in the one shape."""

    async def answering(request: Request) -> Response:
        request.scope["route_label"] = path
        try:
            return await _entry(entries, request).endpoint(request)
        except ApiError as error:
            return problem(trace_id(request), error)
        except (WarehouseError, OperationalError):
            return problem(trace_id(request), UNAVAILABLE)

    return Route(path, answering, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])


def _entry(entries: dict[str, Entry], request: Request) -> Entry:
    entry = entries.get("GET" if request.method == "HEAD" else request.method)
    if not entries:
        raise ApiError(404, "not_found", "there is nothing at this address")
    if entry is None:
        raise ApiError(405, "method_not_allowed", f"use {', '.join(entries)}", {"Allow": ", ".join(entries)})
    if not entry.token:
        limits.admit(f"address:{limits.address(request)}")
    return entry
