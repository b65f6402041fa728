"""`vigie collect`: only take events, apart from the pages. And `vigie key`: who may send them."""

from __future__ import annotations

import socket
import sys
from typing import Annotated

import typer

from cli.say import err, out, stop, stopping_on
from data_access.clock import utc_now
from data_access.settings import InvalidSettings, settings
from data_access.store import StoreUnavailable

keys = typer.Typer(no_args_is_help=True, help="Write keys of SDKs: create, list, revoke.")
Tenant = Annotated[str, typer.Option(help="Slug of the company.")]


def collect(
    host: Annotated[str | None, typer.Option(help="Address to listen on (HOST).")] = None,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8502,
) -> None:
    """Take events in a process of its own; they are kept in its journal until the warehouse has them."""
    import uvicorn

    from accounts.secret import check_secret
    from api.collecting import application
    from ingest.live.opening import check_journal

    with stopping_on(InvalidSettings, StoreUnavailable):
        chosen = settings().model_copy(update={"collect": True})  # COLLECT=false is said to the pages, which share the settings
        check_secret(chosen)
        check_journal(chosen)
        app = application(chosen)
    listener = _listening(host or settings().host, port)
    out.print(f"collecting on port {listener.getsockname()[1]}", markup=False)
    # A request waits at most this long for the drain to let go of the interpreter, instead of five milliseconds.
    sys.setswitchinterval(0.0005)
    config = uvicorn.Config(app, loop="uvloop", lifespan="on", ws="none", access_log=False, log_level="warning", server_header=False)
    uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise stop(f"cannot listen on {host}:{port}: {error.strerror}") from None
    listener.listen(1024)
    return listener


@keys.command()
def create(
    tenant: Tenant,
    name: Annotated[str, typer.Option(help="What it is for.")] = "write key",
    key: Annotated[str | None, typer.Option(help="A key that clients already hold, from another product.")] = None,
    secret: Annotated[str | None, typer.Option(help="A webhook's signing secret, kept encrypted.", prompt=False)] = None,
) -> None:
    """Make a write key. It is shown once, alone on standard output."""
    from accounts import tenants, write_keys
    from accounts.secret import secret_of
    from cli.stored import opened

    with opened() as store, stopping_on(tenants.UnknownTenant, write_keys.BadWriteKey, InvalidSettings):
        new = write_keys.NewKey(name, key, secret)
        made = write_keys.create(store, tenants.by_slug(store, tenant), new, secret_of(settings()), now=utc_now())
    err.print(f"Write key of {tenant}. It is shown once:", markup=False)
    out.print(made, markup=False)


@keys.command(name="list")
def show(tenant: Tenant) -> None:
    """A company's write keys, without the keys."""
    from rich.table import Table

    from accounts import tenants, write_keys
    from cli.stored import opened

    with opened() as store, stopping_on(tenants.UnknownTenant):
        found = write_keys.listed(store, tenants.by_slug(store, tenant).key)
    table = Table("Id", "Name", "Made", "", box=None, pad_edge=False)
    for made in found:
        state = "revoked" if made.revoked_at else ("signed" if made.signed else "")
        table.add_row(made.id, made.name, f"{made.created_at:%Y-%m-%d}", state)
    out.print(table)


@keys.command()
def revoke(identity: Annotated[str, typer.Argument(help="The key's id, as `vigie key list` shows it.")], tenant: Tenant) -> None:
    """End a key; events with it are refused within five seconds."""
    from accounts import tenants, write_keys
    from cli.stored import opened

    with opened() as store, stopping_on(tenants.UnknownTenant):
        gone = write_keys.revoke(store, tenants.by_slug(store, tenant).key, identity, utc_now())
    if not gone:
        raise stop(f"{tenant} has no key {identity[:40]} that is still good")
    out.print(f"Key {identity} is revoked.", markup=False)
