"""The demonstration's tenants, people and their segments, in the application store."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from accounts import actors, passwords, tenants
from cli.say import out
from data_access.settings import InvalidSettings
from demo import segments
from demo.business import TENANTS
from demo.people import DEMO_ACTORS


def ensure(store: sa.Engine, now: datetime) -> None:
    """Add those that are missing."""
    for tenant in TENANTS:
        tenants.save(store, tenant, now)
    known = {person.email for person in actors.every(store)}
    for person in DEMO_ACTORS:
        if person.email not in known:
            new = actors.NewActor(person.tenant, person.email, person.name, person.roles, person.password)
            actors.set_locale(store, actors.add(store, new, now).id, person.locale)
    _segments(store, now)


def _segments(store: sa.Engine, now: datetime) -> None:
    """What each company's administrator has saved."""
    known = {person.email: person.id for person in actors.every(store)}
    for person in DEMO_ACTORS:
        admin = actors.by_id(store, known[person.email]) if person.email in known else None
        if admin and "admin" in admin.roles:
            segments.ensure(store, admin, now)


def open_doors(store: sa.Engine) -> list[str]:
    """Those who can still sign in with the password that is printed for everybody to read."""
    hashes = {person.email: actors.password_hash(store, person.email) for person in DEMO_ACTORS}
    known = {email: found[1] for email, found in hashes.items() if found}
    return [person.email for person in DEMO_ACTORS if person.email in known and passwords.matches(person.password, known[person.email])]


def refuse(store: sa.Engine) -> None:
    """Raise InvalidSettings where anybody could sign in with a printed password."""
    if found := open_doors(store):
        raise InvalidSettings(
            f"the demonstration's people can sign in with printed passwords ({found[0]} and {len(found) - 1} more). Keep your own numbers "
            "apart: give DATA_DIR, WAREHOUSE_URL and STORE_URL of their own, or remove the demonstration's folder."
        )


def show() -> None:
    """How to sign in as each of them."""
    names = {tenant.slug: tenant.name for tenant in TENANTS}
    width = max(len(person.email) for person in DEMO_ACTORS)
    for person in DEMO_ACTORS:
        out.print(
            f"  {person.email:<{width}}  {person.password:<16} {person.roles[0]:<10} {names.get(person.tenant, person.tenant)}",
            markup=False,
        )
