"""Reach the warehouse: through the running server, which owns the embedded file, or by opening it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from api import local
from api.operations import MENDABLE, OPERATIONS
from cli.say import err, stop
from data_access.connections import connect, disconnect
from data_access.errors import WarehouseError
from data_access.settings import InvalidSettings, settings
from data_access.store import StoreUnavailable

PROBLEMS: tuple[type[Exception], ...] = (*MENDABLE, StoreUnavailable, InvalidSettings, OSError)


def operate(name: str, arguments: dict[str, Any], title: str = "") -> dict[str, Any]:
    """Run an operation of `api.operations`, with a progress bar where `title` is given; its answer.

    Ends the command with the problem's own words where it fails.
    """
    server = local.running(settings())
    with bar(title) as progress:
        try:
            return _asked(server, name, arguments, progress) if server else _done_here(name, arguments, progress)
        except PROBLEMS as error:
            raise stop(str(error)) from None


def _done_here(name: str, arguments: dict[str, Any], progress: Any) -> dict[str, Any]:
    try:
        connect(settings())
        return OPERATIONS[name](arguments, progress)
    finally:
        disconnect()


def _asked(server: local.Server, name: str, arguments: dict[str, Any], progress: Any) -> dict[str, Any]:
    try:
        for said in _lines(server, name, arguments):
            if "progress" not in said:
                return _result(said)
            progress(said["progress"], said["what"])
    except httpx.HTTPError as error:
        raise WarehouseError(f"the server (process {server.pid}) at {server.url} does not answer: {error}") from None
    raise WarehouseError("the server ended before it answered; its log says why")


def _lines(server: local.Server, name: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the server says. An operation may work for minutes before its next word, so only connecting has a limit."""
    headers = {"Authorization": f"Bearer {server.key}"}
    patience = httpx.Timeout(None, connect=5.0)
    with (
        httpx.Client(timeout=patience, trust_env=False) as client,
        client.stream("POST", f"{server.url}/internal/{name}", json=arguments, headers=headers) as answer,
    ):
        for line in answer.iter_lines():
            yield orjson.loads(line)


def _result(said: dict[str, Any]) -> dict[str, Any]:
    if isinstance(said.get("result"), dict):
        return dict(said["result"])
    problem = said.get("error")
    raise WarehouseError(str(problem["message"] if isinstance(problem, dict) else problem))


@contextmanager
def bar(title: str) -> Iterator[Any]:
    if not title:
        yield lambda done, what: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[what]}"),
    )
    with Progress(*columns, console=err, transient=True) as shown:
        task = shown.add_task(title, total=1.0, what="")
        yield lambda done, what: shown.update(task, completed=done, what=what)
