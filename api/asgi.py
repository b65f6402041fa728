"""What wraps the whole ASGI app, pages included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from api import collect
from api.answers import ApiError, problem, trace_id
from api.assets import Assets, shell
from api.middleware import Envelope, SizeLimit
from api.policy import content_security_policy, streamlit_folder
from data_access.settings import settings

ROOT = Path(__file__).resolve().parent.parent


def middleware() -> list[Middleware]:
    """From the outside in."""
    static = streamlit_folder()
    page = shell((static / "index.html").read_bytes())
    return [
        Middleware(Envelope, policy=content_security_policy(page), secure=settings().secure_cookies),
        Middleware(SizeLimit, except_under=("/_stcore/", *collect.PREFIXES)),  # these have limits of their own
        Middleware(Assets, folders={"/static/": static / "static", "/assets/": ROOT / "components" / "assets"}, shell=page),
    ]


def exception_handlers() -> dict[Any, Any]:
    """Errors that a middleware or Streamlit's own routes let through, in the one shape."""
    return {ApiError: _known}


async def _known(request: Request, error: ApiError) -> Response:
    return problem(trace_id(request), error)
