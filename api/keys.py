"""/api/v1/tokens and /api/v1/audit: for administrators, of their own tenant only."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts import audit, tokens
from accounts.roles import Permission
from analytics.query import explain
from api import auth, paging
from api.answers import ApiError, answer
from data_access.clock import utc_now
from data_access.connections import store


class NewToken(BaseModel):
    """What a new token may do, and for how long."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    permissions: list[str] = Field(min_length=1, max_length=20)
    days: int | None = Field(None, ge=1, le=3650, description="Lifetime; without it the token does not expire.")


async def listed(request: Request) -> Response:
    """The tenant's tokens, without their secrets."""
    actor = await auth.permitted(request, Permission.ADMINISTER)
    limit, after = paging.asked(request)
    found = await run_in_threadpool(tokens.listed, store(), actor.tenant.key, limit=limit + 1, after=after)
    shown, following = paging.page(found, limit, lambda token: token.id)
    return answer({"data": [asdict(token) for token in shown], "next_cursor": following})


async def create(request: Request) -> Response:
    """A new token of the asker's; the only answer that ever holds its secret."""
    actor = await auth.permitted(request, Permission.ADMINISTER)
    wanted = _read(await request.body())
    now = utc_now()
    expires = now + timedelta(days=wanted.days) if wanted.days else None
    try:
        secret, token = await run_in_threadpool(
            tokens.create, store(), actor, wanted.name, wanted.permissions, now=now, expires=expires
        )  # fmt: skip
    except tokens.InvalidToken as error:
        raise ApiError(422, "invalid_token", str(error)) from None
    await auth.note(request, actor, "done", f"token {token.id}")
    return answer({"data": {**asdict(token), "token": secret}}, 201)


async def revoke(request: Request) -> Response:
    """End a token. Another tenant's id is not found, like one that never was, and leaves a line in the trail."""
    actor = await auth.permitted(request, Permission.ADMINISTER)
    identity = str(request.path_params["id"])[:64]
    gone = await run_in_threadpool(tokens.revoke, store(), actor.tenant.key, identity, utc_now())
    await auth.note(request, actor, "done" if gone else "not_found", f"token {identity}")
    if not gone:
        raise ApiError(404, "not_found", "there is no such token")
    return answer({"data": {"id": identity, "revoked": True}})


async def trail(request: Request) -> Response:
    """What was done and refused in the tenant, newest first."""
    actor = await auth.permitted(request, Permission.ADMINISTER)
    limit, before = paging.offset(request, paging.DEFAULT, paging.MOST)
    found = await run_in_threadpool(audit.newest, store(), actor.tenant.key, limit=limit + 1, before=before or None)
    shown, following = paging.page(found, limit, lambda line: line["id"])
    return answer({"data": [{k: v for k, v in line.items() if k != "tenant"} for line in shown], "next_cursor": following})


def _read(body: bytes) -> NewToken:
    try:
        data: Any = orjson.loads(body)
        return NewToken.model_validate(data)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "malformed_json", f"not JSON at byte {error.pos}: {error.msg}") from None
    except ValidationError as error:
        raise ApiError(422, "invalid_token", explain(error)) from None
