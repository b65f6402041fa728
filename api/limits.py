"""How often: per token where there is one, else per address. Counted in this process."""

from __future__ import annotations

import math

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from accounts.address import client_address
from api.answers import ApiError
from data_access.clock import utc_now
from data_access.settings import settings

_counted = MemoryStorage()
_windows = MovingWindowRateLimiter(_counted)


def _item() -> RateLimitItemPerMinute:
    return RateLimitItemPerMinute(settings().api_rate_per_minute)


def admit(who: str) -> None:
    """Count a request of this token or address; raises ApiError 429 with Retry-After."""
    if _windows.hit(_item(), who):
        return
    wait = _windows.get_window_stats(_item(), who).reset_time - utc_now().timestamp()
    message = f"at most {settings().api_rate_per_minute} requests a minute; try again in a moment"
    raise ApiError(429, "too_many_requests", message, {"Retry-After": str(max(1, math.ceil(wait)))})


def forget() -> None:
    """Begin to count anew."""
    _counted.reset()


def address(request: Request) -> str:
    """Where the request comes from, believing only trusted proxies."""
    peer = request.client.host if request.client else ""
    return client_address(peer, request.headers.get("x-forwarded-for"), settings().trusted_proxies)
