"""Who asks: the bearer token of a request, and the permissions a route needs."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from accounts import audit, tokens
from accounts.actor import Actor
from accounts.roles import Permission
from api import limits
from api.answers import ApiError, trace_id
from data_access.clock import utc_now
from data_access.connections import store

REALM = {"WWW-Authenticate": 'Bearer realm="vigie"'}


async def bearer(request: Request) -> tokens.Bearer:
    """The token's owner, limited to the token's scope. Raises ApiError 401: one body for every reason, or 429."""
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    found = await run_in_threadpool(tokens.authenticate, store(), presented.strip() if scheme.lower() == "bearer" else "", utc_now())
    if found is None:
        limits.admit(f"address:{limits.address(request)}")
        raise ApiError(401, "unauthorized", "a valid API token is needed: Authorization: Bearer <token>", REALM)
    limits.admit(f"token:{found.token}")
    return found


async def permitted(request: Request, permission: Permission) -> Actor:
    """The actor, who holds this permission. Raises ApiError 401, 403 (audited) or 429."""
    actor = (await bearer(request)).actor
    if not actor.may(permission):
        await note(request, actor, "refused")
        raise ApiError(403, "forbidden", f"this needs the permission {permission}")
    return actor


async def note(request: Request, actor: Actor, outcome: audit.Outcome, what: str = "") -> None:
    """A line in the trail about this request."""
    entry = audit.Entry(request.method.lower(), what or request.url.path, outcome, actor, limits.address(request), trace_id(request))
    await run_in_threadpool(audit.record, store(), entry, utc_now())
