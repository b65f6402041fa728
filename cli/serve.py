"""`vigie serve`: pages, API and background tasks, in one process on one port."""

from __future__ import annotations

import gc
import signal
import socket
from typing import Annotated

import typer

from accounts.secret import check_secret
from api import local
from cli import demo_people
from cli.reach import PROBLEMS, bar
from cli.say import out, stop, stopping_on
from data_access.clock import utc_now
from data_access.connections import connect, store
from data_access.settings import Settings, settings
from ingest.live.opening import check_journal


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT).", min=1, max=65535)] = None,
) -> None:
    """Serve the cockpit. In demo mode the first start makes the demonstration business."""
    chosen = settings()
    with stopping_on(*PROBLEMS):
        check_secret(chosen)
        _alone(chosen)
        check_journal(chosen)
        listener = _listen(host or chosen.host, port or chosen.port)
        connect(chosen)
        if chosen.demo_mode:
            _prepare_demo(chosen)
        else:
            demo_people.refuse(store())
    _greet(chosen, host or chosen.host, listener.getsockname()[1])
    # uvicorn raises the signal again once it has closed everything, so this is where it ends, and ends well.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    local.announce(chosen, host or chosen.host, listener.getsockname()[1])
    try:
        _run(listener)
    finally:
        local.withdraw(chosen)


def _end(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _alone(chosen: Settings) -> None:
    server = local.running(chosen)
    if server is not None and chosen.embedded:
        raise stop(
            f"it runs already: {server.url}, process {server.pid}. Stop that one first, or give this one its own DATA_DIR and databases."
        )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise stop(f"cannot listen on {host}:{port}: {error.strerror}. Choose another port: `PORT={port + 1} vigie serve`.") from None
    listener.listen(512)
    return listener


def _prepare_demo(chosen: Settings) -> None:
    """Before anybody can sign in: an empty demonstration shows nothing."""
    from api import demonstration

    if not demonstration.marker(chosen).get("done"):
        out.print("First start: making the demonstration business, two companies with eighteen months behind them.")
        with bar("Demonstration") as progress:
            demonstration.create({}, progress)
    demo_people.ensure(store(), utc_now())


def _greet(chosen: Settings, host: str, port: int) -> None:
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104
    out.print(f"\nVigie  →  http://{shown}:{port}\n", style="bold")
    if chosen.demo_mode:
        out.print("Demonstration. Sign in as:")
        demo_people.show()
        out.print()


def _run(listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(
        "app:app",
        loop="uvloop",
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=200 * 1024 * 1024,
        ws_ping_interval=20.0,
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    config.load()
    # Everything imported so far stays for good: the collector need not walk it again and again.
    gc.collect()
    gc.freeze()
    uvicorn.Server(config).run(sockets=[listener])
