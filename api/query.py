"""POST /api/v1/query: a Query in, a Result out."""

from __future__ import annotations

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from accounts.actor import Actor
from analytics.kinds import query_from_json
from analytics.query import MAX_QUERY_BYTES, InvalidQuery, Query
from analytics.result import Result
from analytics.run import Forbidden, run
from api import auth, paging
from api.answers import ApiError, answer
from api.encode import result_json
from api.observe import QUERIES
from data_access.clock import utc_now
from data_access.errors import QueryBudgetExceeded

ROWS, MOST_ROWS = 1_000, 10_000


async def ask(request: Request) -> Response:
    """Authenticate first, so that nobody unknown learns what a query may look like."""
    actor = (await auth.bearer(request)).actor
    limit, start = paging.offset(request, ROWS, MOST_ROWS)
    question = _read(await request.body())
    try:
        result = await run_in_threadpool(_timed, question, actor)
    except Forbidden as error:
        await auth.note(request, actor, "refused", question.kind)
        raise ApiError(403, "forbidden", str(error)) from None
    end = start + limit
    following = paging.cursor(end) if end < len(result.frame) else None
    return answer({"data": await run_in_threadpool(result_json, result, actor, start, limit), "next_cursor": following})


def _read(body: bytes) -> Query:
    if len(body) > MAX_QUERY_BYTES:
        raise ApiError(413, "too_large", f"a query may have at most {MAX_QUERY_BYTES} bytes")
    try:
        return query_from_json(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise ApiError(400, "malformed_json", f"not JSON at byte {error.pos}: {error.msg}") from None
    except InvalidQuery as error:
        raise ApiError(422, "invalid_query", str(error)) from None


def _timed(question: Query, actor: Actor) -> Result:
    with QUERIES.labels(question.kind).time():
        return _run(question, actor)


def _run(question: Query, actor: Actor) -> Result:
    try:
        return run(question, actor, utc_now())
    except InvalidQuery as error:
        raise ApiError(422, "invalid_query", str(error)) from None
    except QueryBudgetExceeded as error:
        raise ApiError(503, "over_budget", str(error)) from None
