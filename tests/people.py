"""Alice (administrator), Bob (viewer of the same company), Charlie (administrator of another one), and those in between."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from accounts import actors, tenants
from accounts.actor import Actor, Tenant

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
ACME = Tenant(1, "acme", "Acme", time_zone="Europe/Paris")
GLOBEX = Tenant(2, "globex", "Globex", currency="USD")
PEOPLE = {
    "alice": ("acme", "alice@acme.test", ("admin",)),
    "anna": ("acme", "anna@acme.test", ("analyst",)),
    "eve": ("acme", "eve@acme.test", ("executive",)),
    "bob": ("acme", "bob@acme.test", ("viewer",)),
    "charlie": ("globex", "charlie@globex.test", ("admin",)),
}


def settle(store: sa.Engine, *names: str, password: str | None = None) -> dict[str, Actor]:
    """Put both companies and these people (all without names) into the store."""
    for tenant in (ACME, GLOBEX):
        tenants.save(store, tenant, NOW)
    found = {}
    for name in names or PEOPLE:
        tenant, email, roles = PEOPLE[name]
        found[name] = actors.add(store, actors.NewActor(tenant, email, name.title(), roles, password), NOW)
    return found
