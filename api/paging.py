"""Pages of a list: `limit` and `cursor` in, `next_cursor` out. A cursor is opaque: where the last page ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request

from api.answers import ApiError

DEFAULT, MOST = 100, 1000


def asked(request: Request, default: int = DEFAULT, most: int = MOST) -> tuple[int, str]:
    """(limit, where the page before ended; empty for the first). Raises ApiError 400."""
    text = request.query_params.get("limit", str(default))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most):
        raise ApiError(400, "invalid_limit", f"limit is a number from 1 to {most}")
    return int(text), _opened(request.query_params.get("cursor", ""))


def offset(request: Request, default: int, most: int) -> tuple[int, int]:
    """(limit, how many rows came before)."""
    limit, start = asked(request, default, most)
    if start and not (start.isascii() and start.isdigit() and len(start) < 10):
        raise _bad_cursor()
    return limit, int(start or 0)


def page(items: Sequence[Any], limit: int, key: Callable[[Any], object]) -> tuple[list[Any], str | None]:
    """The first `limit` of `items` (of which one more than `limit` was asked for), and the cursor of the next page."""
    shown = list(items[:limit])
    return shown, cursor(key(shown[-1])) if len(items) > limit else None


def cursor(end: object) -> str:
    return base64.urlsafe_b64encode(str(end).encode()).decode().rstrip("=")


def _opened(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text[:400] + "=" * (-len(text[:400]) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _bad_cursor() from None


def _bad_cursor() -> ApiError:
    return ApiError(400, "invalid_cursor", "cursor must be a next_cursor of an earlier answer")
