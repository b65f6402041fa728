"""/api/v1/segments: list, make, change, delete; their size and, for those who may see people, their members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts.actor import Actor
from accounts.roles import Permission
from analytics.kinds.people import People
from analytics.kinds.segment_size import SegmentSize
from analytics.query import MAX_QUERY_BYTES, explain
from analytics.result import Result
from analytics.run import run
from analytics.segments import saved
from analytics.segments.definition import InvalidSegment, definition_from_json
from analytics.segments.saved import Draft, NoSegment, Segment, StaleSegment
from api import auth, paging
from api.answers import ApiError, answer
from api.encode import result_json
from data_access.clock import utc_now
from data_access.connections import store
from data_access.errors import QueryBudgetExceeded
from ingest import freezing
from reports.segments import speaker

MEMBERS, MOST_MEMBERS = 100, 10_000


class NewSegment(BaseModel):
    """What to keep. `version` is the one that was read, when a segment is changed."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=saved.MAX_NAME)
    description: str = Field("", max_length=saved.MAX_DESCRIPTION)
    definition: dict[str, Any]
    frozen: bool = Field(False, description="Keep the members of now.")
    version: int | None = Field(None, ge=1)


async def listed(request: Request) -> Response:
    """The tenant's segments, by name, page by page."""
    actor = await auth.permitted(request, Permission.READ_KPI)
    limit, start = paging.offset(request, paging.DEFAULT, paging.MOST)
    found = (await run_in_threadpool(saved.listed, store(), actor.tenant.key))[start : start + limit + 1]
    following = paging.cursor(start + limit) if len(found) > limit else None
    return answer({"data": [_json(one, actor) for one in found[:limit]], "next_cursor": following})


async def one(request: Request) -> Response:
    """A segment with its size now."""
    actor = await auth.permitted(request, Permission.READ_KPI)
    found = await _tried(request, actor, lambda: saved.find(store(), actor.tenant.key, _id(request)))
    result: Result = await _tried(request, actor, lambda: run(SegmentSize(segment=found.id), actor, utc_now()))
    return answer({"data": _json(found, actor) | {"size": result.value("segment_users"), "share": result.value("segment_share")}})


async def create(request: Request) -> Response:
    """Keep a new segment."""
    actor = await auth.permitted(request, Permission.BUILD)
    wanted = _read(await request.body())
    made = await _tried(request, actor, lambda: _made(actor, wanted))
    await auth.note(request, actor, "done", f"segment {made.id}")
    return answer({"data": _json(made, actor)}, 201)


async def change(request: Request) -> Response:
    """Replace a segment; 409 where somebody else changed it since `version`."""
    actor = await auth.permitted(request, Permission.BUILD)
    await _tried(request, actor, lambda: saved.find(store(), actor.tenant.key, _id(request)))
    wanted = _read(await request.body())
    if wanted.version is None:
        raise ApiError(422, "invalid_segment", "version: say which version of the segment you read")
    known = (_id(request), wanted.version)
    made = await _tried(request, actor, lambda: _changed(actor, known, wanted))
    await auth.note(request, actor, "done", f"segment {made.id}")
    return answer({"data": _json(made, actor)})


async def delete(request: Request) -> Response:
    """Forget a segment; 422 naming what still uses it."""
    actor = await auth.permitted(request, Permission.BUILD)
    gone = await _tried(request, actor, lambda: freezing.forget(actor, _id(request)))
    await auth.note(request, actor, "done", f"segment {gone.id}")
    return answer({"data": {"id": gone.id, "deleted": True}})


async def members(request: Request) -> Response:
    """Who is in it, page by page; each look is in the trail."""
    actor = await auth.permitted(request, Permission.READ_PEOPLE)
    limit, start = paging.offset(request, MEMBERS, MOST_MEMBERS)
    query = People(segment=_id(request), offset=start, limit=limit)
    result: Result = await _tried(request, actor, lambda: _members(actor, query))
    await auth.note(request, actor, "done", f"segment {_id(request)} members")
    following = paging.cursor(start + limit) if start + limit < result.extra["total"] else None
    return answer({"data": await run_in_threadpool(result_json, result, actor, 0, limit), "next_cursor": following})


def _members(actor: Actor, query: People) -> Result:
    saved.find(store(), actor.tenant.key, str(query.segment))
    return run(query, actor, utc_now())


def _id(request: Request) -> str:
    return str(request.path_params["id"])[:64]


def _made(actor: Actor, wanted: NewSegment) -> Segment:
    now = utc_now()
    made = saved.create(store(), actor, _draft(wanted), now)
    return freezing.freeze(actor, (made.id, made.version), now) if wanted.frozen else made


def _changed(actor: Actor, known: tuple[str, int], wanted: NewSegment) -> Segment:
    now = utc_now()
    made = saved.change(store(), actor, known, _draft(wanted), now=now)
    return freezing.freeze(actor, (made.id, made.version), now) if wanted.frozen else made


def _draft(wanted: NewSegment) -> Draft:
    return Draft(wanted.name, definition_from_json(wanted.definition), wanted.description)


async def _tried(request: Request, actor: Actor, do: Callable[[], Any]) -> Any:
    """What stands against it, in the one shape of errors; what is another company's is not there, and leaves a line in the trail."""
    try:
        return await run_in_threadpool(do)
    except NoSegment as error:
        if str(error) == str(NoSegment(_id(request) if "id" in request.path_params else "")):
            await auth.note(request, actor, "not_found", f"segment {_id(request)}")
            raise ApiError(404, "not_found", "there is no such segment") from None
        raise ApiError(422, "invalid_segment", str(error)) from None
    except StaleSegment as error:
        raise ApiError(409, "changed_meanwhile", str(error)) from None
    except InvalidSegment as error:
        raise ApiError(422, "invalid_segment", str(error)) from None
    except PermissionError as error:
        await auth.note(request, actor, "refused")
        raise ApiError(403, "forbidden", str(error)) from None
    except QueryBudgetExceeded as error:
        raise ApiError(503, "over_budget", str(error)) from None


def _read(body: bytes) -> NewSegment:
    if len(body) > MAX_QUERY_BYTES:
        raise ApiError(413, "too_large", f"a segment may have at most {MAX_QUERY_BYTES} bytes")
    try:
        return NewSegment.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "malformed_json", f"not JSON at byte {error.pos}: {error.msg}") from None
    except ValidationError as error:
        raise ApiError(422, "invalid_segment", explain(error)) from None


def _json(one: Segment, actor: Actor) -> dict[str, Any]:
    kept = ("id", "name", "description", "version", "owner", "created_at", "updated_at", "frozen_at")
    said = {"sentence": speaker(actor).segment(one.definition), "definition": one.definition.to_json()}
    return {name: getattr(one, name) for name in kept} | said
