"""What the command line does to the warehouse. One table, run where the warehouse is open: in the server, asked
through /internal on this machine with the key of `api/local.py`, or in the command itself while no server runs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import demonstration, local, warehouse_tasks
from api.answers import ApiError
from api.limits import address
from data_access.settings import settings

Progress = Callable[[float, str], None]
Operation = Callable[[dict[str, Any], Progress], dict[str, Any]]
log = structlog.get_logger("operations")

OPERATIONS: dict[str, Operation] = {
    "demo": demonstration.create,
    "import": warehouse_tasks.load_file,
    "query": warehouse_tasks.query,
    "rollup": warehouse_tasks.rollup,
    "verify": warehouse_tasks.verify,
    "check": warehouse_tasks.check,
}


async def route(request: Request) -> Response:
    """POST /internal/{name}: run an operation, its progress as lines of JSON. For this machine and the key's holder only;
    to everybody else the route does not exist."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    here = address(request) in ("127.0.0.1", "::1") and "x-forwarded-for" not in request.headers
    operation = OPERATIONS.get(str(request.path_params["name"]))
    if not here or scheme != "Bearer" or not local.knows(settings(), key) or operation is None:
        raise ApiError(404, "not_found", "there is nothing at this address")
    arguments = orjson.loads(await request.body() or b"{}")
    return StreamingResponse(_lines(operation, arguments), media_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


def _lines(operation: Operation, arguments: dict[str, Any]) -> Iterator[bytes]:
    said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_work, args=(operation, arguments, said), name="operation").start()
    while True:
        line = said.get()
        yield orjson.dumps(line, option=orjson.OPT_NON_STR_KEYS) + b"\n"
        if "progress" not in line:
            return


def _work(operation: Operation, arguments: dict[str, Any], said: queue.SimpleQueue[dict[str, Any]]) -> None:
    try:
        said.put({"result": operation(arguments, lambda done, what: said.put({"progress": done, "what": what}))})
    except MENDABLE as error:
        said.put({"error": str(error)})
    except Exception as error:
        log.exception("operation failed")
        said.put({"error": f"{type(error).__name__}: {error}"})


MENDABLE = warehouse_tasks.MENDABLE
