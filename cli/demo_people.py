"""The demonstration's tenants and people, in the application store."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from accounts import actors, tenants
from cli.say import out
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


def show() -> None:
    """How to sign in as each of them."""
    names = {tenant.slug: tenant.name for tenant in TENANTS}
    width = max(len(person.email) for person in DEMO_ACTORS)
    for person in DEMO_ACTORS:
        out.print(
            f"  {person.email:<{width}}  {person.password:<16} {person.roles[0]:<10} {names.get(person.tenant, person.tenant)}",
            markup=False,
        )
