"""Answers and errors of one shape, as JSON with orjson."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z


class ApiError(Exception):
    """Stops a route; becomes `{"error": {"code", "message", "trace_id"}}` with this status."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


def answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON, never stored by a browser or proxy."""
    return Response(orjson.dumps(content, option=_OPTIONS), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")


def problem(trace_id: str, error: ApiError) -> Response:
    """The one shape of an error."""
    body = {"error": {"code": error.code, "message": error.message, "trace_id": trace_id}}
    return answer(body, error.status, error.headers)


def trace_id(request: Request) -> str:
    """The id of this request, as in the log and in X-Trace-Id."""
    return str(request.scope.get("trace_id", ""))
