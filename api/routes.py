"""Every route beside the pages, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api import session
from api.answers import ApiError, problem, trace_id

Endpoint = Callable[[Request], Awaitable[Response]]

TABLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/session", session.begin),
    ("POST", "/session/end", session.end),
)


def routes() -> list[BaseRoute]:
    """The table as Starlette routes; each answers errors in the one shape and labels its own observations."""
    return [Route(path, _dressed(path, endpoint), methods=[method]) for method, path, endpoint in TABLE]


def _dressed(path: str, endpoint: Endpoint) -> Endpoint:
    async def answering(request: Request) -> Response:
        request.scope["route_label"] = path
        try:
            return await endpoint(request)
        except ApiError as error:
            return problem(trace_id(request), error)

    return answering
