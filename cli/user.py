"""`vigie user`: people who may sign in. Works on the application store, whether the server runs or not."""

from __future__ import annotations

import secrets
from typing import Annotated

import sqlalchemy as sa
import typer
from rich.table import Table

from accounts import actors, audit, tenants
from accounts.actor import Actor, Tenant
from accounts.passwords import WeakPassword
from accounts.roles import ROLES
from cli.say import out, stop, stopping_on
from cli.stored import opened
from data_access.clock import utc_now

app = typer.Typer(no_args_is_help=True, help="People who may sign in: add, role, password, list, remove.")
Email = Annotated[str, typer.Argument(help="The person's e-mail address, which is what they sign in with.")]
Role = Annotated[list[str], typer.Option("--role", help=f"One or more of {', '.join(ROLES)}.")]
MENDABLE = (actors.InvalidActor, WeakPassword, tenants.UnknownTenant, ValueError)


@app.command()
def add(
    email: Email,
    tenant: Annotated[str, typer.Option(help="Slug of their company; it is made where there is none of that slug yet.")],
    role: Role = ["viewer"],  # noqa: B006
    name: Annotated[str, typer.Option(help="How to call them.")] = "",
    password: Annotated[bool, typer.Option("--password", help="Ask for a password instead of making one.")] = False,
    currency: Annotated[str, typer.Option(help="Reporting currency of a company that is made.")] = "EUR",
    time_zone: Annotated[str, typer.Option(help="Time zone of a company that is made.")] = "UTC",
) -> None:
    """Add a person. The password is asked for or made; a made one is shown once."""
    chosen = _asked() if password else secrets.token_urlsafe(12)
    with opened() as store, stopping_on(*MENDABLE):
        if tenant not in {known.slug for known in tenants.every(store)}:
            key = max((known.key for known in tenants.every(store)), default=0) + 1
            tenants.save(store, Tenant(key, tenant, tenant, time_zone, currency=currency), utc_now())
        new = actors.NewActor(tenant, email, name, tuple(role), chosen)
        _record(store, "add_user", actors.add(store, new, utc_now()))
    out.print(f"{email} can sign in as {', '.join(role)} of {tenant}.", markup=False)
    if not password:
        out.print(f"Password (shown once): {chosen}", markup=False)


@app.command(name="role")
def set_role(email: Email, role: Role) -> None:
    """Give a person these roles instead of those they had. Their sign-ins end."""
    with opened() as store, stopping_on(*MENDABLE):
        actor = _person(store, email)
        actors.set_roles(store, actor.id, role, utc_now())
        _record(store, "set_roles", actor, ",".join(role))
    out.print(f"{email} is now {', '.join(role)}.", markup=False)


@app.command(name="password")
def set_password(email: Email, make: Annotated[bool, typer.Option("--make", help="Make one and show it once.")] = False) -> None:
    """Set a person's password. Their sign-ins end."""
    chosen = secrets.token_urlsafe(12) if make else _asked()
    with opened() as store, stopping_on(*MENDABLE):
        actor = _person(store, email)
        actors.set_password(store, actor.id, chosen, utc_now())
        _record(store, "set_password", actor)
    out.print(f"Password (shown once): {chosen}" if make else f"The password of {email} is changed.", markup=False)


@app.command()
def remove(email: Email) -> None:
    """Shut a person out: they can no longer sign in, and their sign-ins and tokens stop working. The trail keeps their name."""
    with opened() as store, stopping_on(*MENDABLE):
        actor = _person(store, email)
        actors.set_active(store, actor.id, False, utc_now())
        _record(store, "remove_user", actor)
    out.print(f"{email} can no longer sign in.", markup=False)


@app.command(name="list")
def show(tenant: Annotated[str | None, typer.Option(help="Only of this company (slug).")] = None) -> None:
    """Everybody who may sign in."""
    with opened() as store:
        table = Table("E-mail", "Name", "Company", "Roles", "", box=None, pad_edge=False)
        for person in actors.every(store, tenant):
            table.add_row(person.email, person.name, person.tenant, ", ".join(person.roles), "" if person.active else "removed")
    out.print(table)


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


def _person(store: sa.Engine, email: str) -> Actor:
    actor = actors.by_email(store, email)
    if actor is None:
        raise stop(f"nobody signs in as {email[:80]}; `vigie user list` shows who does")
    return actor


def _record(store: sa.Engine, action: str, actor: Actor, what: str = "") -> None:
    audit.record(store, audit.Entry(action, what or actor.id, "done", actor, "command line"), utc_now())
