"""/healthz (the process lives), /readyz (it can answer), /metrics (its own numbers, for Prometheus)."""

from __future__ import annotations

import anyio
import anyio.to_thread
import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.answers import ApiError, answer
from api.observe import REGISTRY
from data_access import connections
from data_access.store import reading

_PATIENCE_SECONDS = 3


async def alive(_request: Request) -> Response:
    """200 as long as the process answers."""
    return answer({"data": {"status": "ok"}})


async def ready(_request: Request) -> Response:
    """200 once store and warehouse answer, 503 with the name of the one that does not."""
    for name, probe in (("store", _store), ("warehouse", _warehouse)):
        try:
            with anyio.fail_after(_PATIENCE_SECONDS):
                await anyio.to_thread.run_sync(probe, abandon_on_cancel=True)
        except Exception:
            raise ApiError(503, "not_ready", f"the {name} does not answer", {"Retry-After": "5"}) from None
    return answer({"data": {"status": "ready"}})


async def numbers(_request: Request) -> Response:
    """The process's counters in the Prometheus text format."""
    return Response(generate_latest(REGISTRY), media_type=None, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


def _store() -> None:
    with reading(connections.store()) as tx:
        tx.execute(sa.select(1))


def _warehouse() -> None:
    connections.warehouse().read(sa.select(sa.literal(1).label("one")))
