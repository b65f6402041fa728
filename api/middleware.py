"""Around every request: a trace id, security headers, a visit cookie, size limits, one line of log, one observation."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from http.cookies import SimpleCookie

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accounts.sessions import VISIT_COOKIE
from api.answers import ApiError, problem
from api.observe import observe

log = structlog.get_logger("http")
SMALL_BODY = 256 * 1024
_QUIET = ("/static/", "/assets/", "/_stcore/", "/healthz", "/readyz", "/metrics", "/favicon")
UNFORESEEN = ApiError(500, "internal", "something went wrong here; the trace id finds it in the log")


class Envelope:
    """Trace id, headers, log. Outermost, so that it also covers what the others refuse."""

    def __init__(self, app: ASGIApp, policy: str, secure: bool) -> None:
        self.app, self.policy, self.secure = app, policy, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope["trace_id"] = secrets.token_hex(8)
        started, status = time.perf_counter(), [0]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                self._dress(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("request failed", trace_id=scope["trace_id"])
            if not status[0]:
                await problem(scope["trace_id"], UNFORESEEN)(scope, receive, sending)
        finally:
            _note(scope, status[0], time.perf_counter() - started)

    def _dress(self, headers: MutableHeaders, scope: Scope) -> None:
        headers["X-Trace-Id"] = scope["trace_id"]
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Content-Security-Policy"] = self.policy
        if self.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if headers.get("content-type", "").startswith("text/html") and not cookie(scope, VISIT_COOKIE):
            flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self.secure else "")
            headers.append("Set-Cookie", f"{VISIT_COOKIE}={secrets.token_urlsafe(24)}{flags}")


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = observe(scope, status, seconds)
    if status >= 500 or not scope["path"].startswith(_QUIET):
        level = log.error if status >= 500 else log.info
        level("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1), trace_id=scope["trace_id"])


def cookie(scope: Scope, name: str) -> str:
    """The value of a cookie of the request; empty where there is none or the header is malformed."""
    jar = SimpleCookie()
    try:
        jar.load(Headers(scope=scope).get("cookie", ""))
    except Exception:
        return ""
    return jar[name].value if name in jar else ""


class SizeLimit:
    """413 for a body over the limit: by its stated length before reading, and by its real one while reading."""

    def __init__(self, app: ASGIApp, except_under: tuple[str, ...] = ("/_stcore/",), limit: int = SMALL_BODY) -> None:
        self.app, self.limit, self.except_under = app, limit, except_under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.except_under):
            await self.app(scope, receive, send)
            return
        stated = Headers(scope=scope).get("content-length", "0")
        if not stated.isdigit() or int(stated) > self.limit:
            await problem(scope.get("trace_id", ""), _too_large(self.limit))(scope, receive, send)
            return
        await self.app(scope, _counted(receive, self.limit), send)


def _counted(receive: Receive, limit: int) -> Callable[[], Awaitable[Message]]:
    seen = [0]

    async def receiving() -> Message:
        message = await receive()
        seen[0] += len(message.get("body", b""))
        if seen[0] > limit:
            raise _too_large(limit)
        return message

    return receiving


def _too_large(limit: int) -> ApiError:
    return ApiError(413, "too_large", f"the body may have at most {limit} bytes")
