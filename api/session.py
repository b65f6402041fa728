"""The session cookie: set in exchange for a ticket, cleared at the end. Only for scripts of this very origin."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts import csrf, sessions
from accounts.secret import secret_of
from api.answers import ApiError
from data_access.clock import utc_now
from data_access.connections import store
from data_access.settings import settings


async def begin(request: Request) -> Response:
    """POST {"ticket", "csrf"}: the cookie of a sign-in made a moment ago. 204, or 403 for anything that does not fit."""
    posted = await _trusted(request)
    visit = sessions.Visit(request.cookies.get(sessions.VISIT_COOKIE, ""))
    now = utc_now()
    exchanged = await run_in_threadpool(sessions.exchange, store(), str(posted.get("ticket", ""))[:200], visit, now)
    if exchanged is None:
        raise _refused()
    cookie, expires = exchanged
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        sessions.COOKIE,
        cookie,
        max_age=int((expires - now).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=settings().secure_cookies,
    )
    return response


async def end(request: Request) -> Response:
    """POST {"csrf"}: sign out. The row is revoked, then the cookie cleared."""
    await _trusted(request)
    if cookie := request.cookies.get(sessions.COOKIE, ""):
        await run_in_threadpool(sessions.revoke_cookie, store(), cookie, "sign_out", utc_now())
    response = Response(status_code=204, headers={"Cache-Control": "no-store"})
    response.delete_cookie(sessions.COOKIE, httponly=True, samesite="lax", secure=settings().secure_cookies)
    return response


async def _trusted(request: Request) -> dict[str, Any]:
    """The posted object, once origin, type and CSRF token are right."""
    if not same_origin(request) or request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise _refused()
    try:
        posted = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise _refused() from None
    token = posted.get("csrf") if isinstance(posted, dict) else None
    visit = request.cookies.get(sessions.VISIT_COOKIE, "")
    if not isinstance(token, str) or not csrf.valid(secret_of(settings()), token, visit, utc_now()):
        raise _refused()
    return dict(posted)


def same_origin(request: Request) -> bool:
    """True where the browser says that the request comes from a page of this very host."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("origin")
    return (urlsplit(origin).netloc == request.headers.get("host")) if origin else site == "same-origin"


def _refused() -> ApiError:
    return ApiError(403, "refused", "this request did not come from a page of the cockpit, or came too late")
