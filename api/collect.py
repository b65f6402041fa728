"""Routes that take events: one per address of WIRES, from servers and from pages of any origin."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from api import limits
from api.answers import ApiError, problem, trace_id
from api.assets import Asset, packed, respond
from api.observe import REGISTRY
from data_access.clock import utc_now
from data_access.settings import Settings
from ingest.decode import Refused, too_large
from ingest.decode_instants import micros
from ingest.kafka.leaving import PUBLISHED
from ingest.live import numbers
from ingest.live.current import COLLECTORS, current
from ingest.live.opening import open_collector, open_entrance
from ingest.wire import WIRES
from ingest.wire.wire import Envelope, Wire

if TYPE_CHECKING:
    from data_access.warehouse import Warehouse

# Where bodies may be larger than the rest of the API takes; a Sentry project is a number.
PREFIXES = (*(path.partition("{")[0] for path in WIRES if not path.startswith("/api/{")), *(f"/api/{digit}" for digit in range(1, 10)))
SDK = Path(__file__).resolve().parent.parent / "ingest" / "sdk" / "vigie.js"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding, X-Write-Key",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "no-store",
}

for _number in (*numbers.ALL, PUBLISHED):
    REGISTRY.register(_number)


@asynccontextmanager
async def collecting(
    settings: Settings, store: Callable[[], Engine], warehouse: Callable[[], Warehouse], *, niceness: int = 0
) -> AsyncIterator[None]:
    """Take events for the length of a block, where the settings say so. Raises InvalidSettings."""
    if not settings.collect:
        yield
        return
    collector = open_collector(settings, store, warehouse, utc_now, niceness=niceness)
    COLLECTORS.append(collector)
    entrance = open_entrance(settings, store, warehouse, utc_now)
    if entrance is not None:
        collector.also[entrance.wire.name] = entrance.wire
    try:
        yield
    finally:
        COLLECTORS.remove(collector)
        if entrance is not None:
            await asyncio.to_thread(entrance.stop)
        await asyncio.to_thread(collector.stop)


def routes() -> list[BaseRoute]:
    """One route per address, for posting and for a browser's question before it; and the script that posts."""
    script = Route("/sdk/vigie.js", _script, methods=["GET"])
    return [script, *(Route(path, _taking(path, wire), methods=["POST", "OPTIONS", "GET"]) for path, wire in WIRES.items())]


async def _script(request: Request) -> Response:
    """The browser SDK, for pages of any origin."""
    response = respond(_sdk(), request.headers, hashed=False)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@lru_cache(maxsize=1)
def _sdk() -> Asset:
    return packed(SDK.read_bytes(), "text/javascript; charset=utf-8")


def _taking(path: str, wire: Wire) -> Callable[[Request], Awaitable[Response]]:
    async def taking(request: Request) -> Response:
        request.scope["route_label"] = path
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_CORS)
        try:
            return await _taken(wire, request)
        except Refused as refused:
            headers = {**_CORS, **({"Retry-After": str(refused.retry_after)} if refused.retry_after else {})}
            return problem(trace_id(request), ApiError(refused.status, refused.code, refused.message, headers))

    return taking


async def _taken(wire: Wire, request: Request) -> Response:
    if request.method != "POST":
        raise Refused(405, "method_not_allowed", "use POST")
    answer = await current().take(wire, await _envelope(wire, request))
    return Response(answer.body, answer.status, _CORS, answer.kind)


async def _envelope(wire: Wire, request: Request) -> Envelope:
    return Envelope(
        await _body(request, wire.limit),
        micros(utc_now()),
        {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.scope["headers"]},
        dict(request.query_params),
        dict(request.path_params),
        limits.address(request),
        request.url.path,
        str(request.url),
    )


async def _body(request: Request, limit: int) -> bytes:
    """The body; 413 by its stated length before anything is read, and by its real one while reading."""
    stated = request.headers.get("content-length", "0")
    if not stated.isdigit() or int(stated) > limit:
        raise too_large(limit)
    parts, size = [], 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > limit:
                raise too_large(limit)
            parts.append(part)
    except ClientDisconnect:
        raise Refused(400, "malformed", "the body was cut short") from None
    return parts[0] if len(parts) == 1 else b"".join(parts)
