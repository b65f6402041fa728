"""The collector as an application of its own: events in, health and numbers out, nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api import collect
from api.answers import answer
from api.observe import REGISTRY
from data_access.settings import Settings
from data_access.store import open_store, reading
from ingest.live.opening import lazily

NICENESS = 10  # answers come before flushes: with eight times more work than cores the p99 of answers was a quarter of what it is without


def application(settings: Settings) -> Starlette:
    """Raises StoreUnavailable where the store, which knows the keys, does not answer."""
    store = open_store(settings.store_url)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with collect.collecting(settings, lambda: store, lazily(settings), niceness=NICENESS):
            yield
        store.dispose()

    async def ready(_request: Request) -> Response:
        """200 while keys can be read; the warehouse may be away, events wait for it."""
        await run_in_threadpool(_asked, store)
        return answer({"data": {"status": "ready"}})

    health = [Route("/healthz", _alive), Route("/readyz", ready), Route("/metrics", _numbers)]
    return Starlette(routes=[*collect.routes(), *health], lifespan=lifespan)


async def _alive(_request: Request) -> Response:
    return answer({"data": {"status": "ok"}})


async def _numbers(_request: Request) -> Response:
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _asked(store: sa.Engine) -> None:
    with reading(store) as tx:
        tx.execute(sa.select(1))
