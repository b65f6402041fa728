"""`vigie token`: API tokens. Works on the application store, whether the server runs or not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table

from accounts import actors, tenants, tokens
from accounts.roles import Permission
from cli.say import err, out, stop, stopping_on
from cli.stored import opened
from data_access.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="API tokens: create, list, revoke.")
Tenant = Annotated[str, typer.Option(help="Slug of the company.")]


@app.command()
def create(
    owner: Annotated[str, typer.Argument(help="E-mail of the person it speaks for; it may never do more than they may.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    may: Annotated[list[str] | None, typer.Option("--may", help=f"One of {', '.join(Permission)}; else all the owner has.")] = None,
    days: Annotated[int | None, typer.Option(help="Lifetime in days; without it the token does not expire.", min=1)] = None,
) -> None:
    """Make a token. The secret is shown once, alone on standard output."""
    now = utc_now()
    with opened() as store, stopping_on(tokens.InvalidToken):
        actor = actors.by_email(store, owner)
        if actor is None:
            raise stop(f"nobody signs in as {owner[:80]}; `vigie user list` shows who does")
        expires = now + timedelta(days=days) if days else None
        secret, token = tokens.create(store, actor, name, may or sorted(actor.permissions), now=now, expires=expires)
    err.print(f"Token {token.id} of {owner}: {', '.join(token.permissions)}. It is shown once:", markup=False)
    out.print(secret, markup=False)


@app.command(name="list")
def show(tenant: Tenant) -> None:
    """A company's tokens, without their secrets."""
    with opened() as store, stopping_on(tenants.UnknownTenant):
        found = tokens.listed(store, tenants.by_slug(store, tenant).key, limit=1000)
    table = Table("Id", "Name", "May", "Made", "Expires", "Last used", "", box=None, pad_edge=False)
    for token in found:
        dates = (_day(token.created_at), _day(token.expires_at), _day(token.last_used_at))
        table.add_row(token.id, token.name, ", ".join(token.permissions), *dates, "revoked" if token.revoked_at else "")
    out.print(table)


@app.command()
def revoke(identity: Annotated[str, typer.Argument(help="The token's id, as `vigie token list` shows it.")], tenant: Tenant) -> None:
    """End a token; it is refused from now on."""
    with opened() as store, stopping_on(tenants.UnknownTenant):
        gone = tokens.revoke(store, tenants.by_slug(store, tenant).key, identity, utc_now())
    if not gone:
        raise stop(f"{tenant} has no token {identity[:40]} that is still good")
    out.print(f"Token {identity} is revoked.", markup=False)


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "—"
