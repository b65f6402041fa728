"""GET /api/v1/quarantine: events put aside, with their reason. POST /api/v1/quarantine/{id}/replay: offer one again."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts.roles import Permission
from api import auth, paging
from api.answers import ApiError, answer
from data_access.clock import utc_now
from data_access.connections import store
from ingest import quarantine
from ingest.decode import Refused
from ingest.decode_instants import micros
from ingest.live.current import current


async def listed(request: Request) -> Response:
    """The tenant's events put aside, newest first, page by page."""
    actor = await auth.permitted(request, Permission.ADMINISTER)
    limit, start = paging.offset(request, paging.DEFAULT, paging.MOST)
    found = await run_in_threadpool(_page, actor.tenant.key, limit + 1, start)
    following = paging.cursor(start + limit) if len(found) > limit else None
    return answer({"data": [_json(aside) for aside in found[:limit]], "next_cursor": following})


def _page(tenant: int, limit: int, offset: int) -> tuple[quarantine.Aside, ...]:
    return quarantine.listed(store(), tenant, limit=limit, offset=offset)


def _json(aside: quarantine.Aside) -> dict[str, Any]:
    return {
        "id": aside.id,
        "at": aside.at,
        "source": aside.source,
        "reason": aside.reason,
        "event": aside.event,
        "replayed_at": aside.replayed_at,
    }


async def replay(request: Request) -> Response:
    """200 once the event came in; 422 with what is still wrong with it; 404 where there is none to offer."""
    actor = await auth.permitted(request, Permission.ADMINISTER)
    identity = request.path_params["id"]
    waiting = await run_in_threadpool(quarantine.waiting, store(), actor.tenant.key, [identity])
    if not waiting:
        await auth.note(request, actor, "not_found", f"quarantine/{identity[:40]}")
        raise ApiError(404, "not_found", "no event of this id waits in quarantine")
    now = utc_now()
    try:
        outcome = await current().replay(actor.tenant, waiting[0], micros(now))
    except Refused as refused:
        raise ApiError(refused.status, refused.code, refused.message) from None
    if outcome.errors:
        raise ApiError(422, "still_bad", outcome.errors[0][1])
    await run_in_threadpool(quarantine.mark_replayed, store(), actor.tenant.key, [identity], now)
    await auth.note(request, actor, "done", f"quarantine/{identity}")
    return answer({"data": {"id": identity, "replayed_at": now}})
