"""/api/v1/analyses: saved analyses, and their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts.actor import Actor
from accounts.roles import Permission
from analytics.query import MAX_QUERY_BYTES, InvalidQuery
from analytics.result import Result
from analytics.run import Forbidden, run
from api import auth, paging
from api.answers import ApiError, answer
from api.encode import result_json
from data_access.clock import utc_now
from data_access.connections import store
from data_access.errors import QueryBudgetExceeded
from reports import saved
from reports.saved import Edition, Saved, Search

ROWS, MOST_ROWS = 1_000, 10_000


async def listed(request: Request) -> Response:
    """The tenant's saved analyses, one's favourites first, page by page; `search` looks in name, folder and description."""
    actor = await auth.permitted(request, Permission.READ_KPI)
    limit, start = paging.offset(request, paging.DEFAULT, paging.MOST)
    asked = request.query_params
    search = Search(asked.get("search", "")[:120], asked.get("page", "")[:40], limit=limit + 1, offset=start)
    found = await run_in_threadpool(saved.listed, store(), actor, search)
    following = paging.cursor(start + limit) if len(found) > limit else None
    return answer({"data": [analysis_json(one) for one in found[:limit]], "next_cursor": following})


async def one(request: Request) -> Response:
    """A saved analysis."""
    actor = await auth.permitted(request, Permission.READ_KPI)
    found = await _tried(request, actor, lambda: saved.found(store(), actor, _id(request)))
    return answer({"data": analysis_json(found)})


async def create(request: Request) -> Response:
    """Save a question under a name."""
    actor = await auth.permitted(request, Permission.BUILD)
    data = _read(await request.body())
    made = await _tried(request, actor, lambda: saved.create(store(), actor, saved.content(data), utc_now()))
    await auth.note(request, actor, "done", f"analysis {made.id}")
    return answer({"data": analysis_json(made)}, 201)


async def change(request: Request) -> Response:
    """Replace an analysis; 409 where somebody else changed it since `version`."""
    actor = await auth.permitted(request, Permission.BUILD)
    await _tried(request, actor, lambda: saved.found(store(), actor, _id(request)))
    data = _read(await request.body())
    version = data.pop("version", None)
    if not isinstance(version, int):
        raise ApiError(422, "invalid_analysis", "version: say which version of the analysis you read")
    made = await _tried(
        request, actor, lambda: saved.change(store(), actor, Edition(_id(request), version, saved.content(data)), utc_now())
    )
    await auth.note(request, actor, "done", f"analysis {made.id}")
    return answer({"data": analysis_json(made)})


async def delete(request: Request) -> Response:
    """Forget an analysis."""
    actor = await auth.permitted(request, Permission.BUILD)
    await _tried(request, actor, lambda: saved.delete(store(), actor, _id(request)))
    await auth.note(request, actor, "done", f"analysis {_id(request)}")
    return answer({"data": {"id": _id(request), "deleted": True}})


async def result(request: Request) -> Response:
    """What the analysis says now, for whoever asks: their rights, not the owner's."""
    actor = await auth.permitted(request, Permission.READ_KPI)
    limit, start = paging.offset(request, ROWS, MOST_ROWS)
    asked: Result = await _tried(request, actor, lambda: run(saved.found(store(), actor, _id(request)).question(), actor, utc_now()))
    end = start + limit
    following = paging.cursor(end) if end < len(asked.frame) else None
    return answer({"data": await run_in_threadpool(result_json, asked, actor, start, limit), "next_cursor": following})


def analysis_json(one: Saved) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Saved.__dataclass_fields__}


def _id(request: Request) -> str:
    return str(request.path_params["id"])[:64]


def _read(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_QUERY_BYTES:
        raise ApiError(413, "too_large", f"an analysis may have at most {MAX_QUERY_BYTES} bytes")
    try:
        data = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "malformed_json", f"not JSON at byte {error.pos}: {error.msg}") from None
    if not isinstance(data, dict):
        raise ApiError(422, "invalid_analysis", "an analysis is an object with a name and a query")
    return data


async def _tried(request: Request, actor: Actor, do: Callable[[], Any]) -> Any:
    """What stands against it, in the one shape of errors; what is another company's is not there, and leaves a line in the trail."""
    try:
        return await run_in_threadpool(do)
    except saved.NotFound as error:
        await auth.note(request, actor, "not_found", f"analysis {_id(request)}")
        raise ApiError(404, "not_found", str(error)) from None
    except saved.Conflict as error:
        raise ApiError(409, "changed_meanwhile", str(error)) from None
    except Forbidden as error:
        await auth.note(request, actor, "refused", request.url.path)
        raise ApiError(403, "forbidden", str(error)) from None
    except InvalidQuery as error:
        raise ApiError(422, "invalid_analysis", str(error)) from None
    except QueryBudgetExceeded as error:
        raise ApiError(503, "over_budget", str(error)) from None
