"""Tenants in the store, as `accounts.actor.Tenant`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.store import reading, tenants, writing

_FIELDS = ("key", "slug", "name", "time_zone", "week_start", "currency", "churn_at", "bounce_seconds")


class UnknownTenant(LookupError):
    """No tenant has this slug; the message names those there are."""


def save(store: sa.Engine, tenant: Tenant, now: datetime) -> None:
    """Add the tenant, or bring the one with the same key up to date."""
    values = {name: getattr(tenant, name) for name in _FIELDS} | {"settings": dict(tenant.settings)}
    with writing(store) as tx:
        known = tx.execute(sa.update(tenants).where(tenants.c.key == tenant.key).values(values)).rowcount
        if not known:
            tx.execute(sa.insert(tenants).values(**values, created_at=now))


def every(store: sa.Engine) -> tuple[Tenant, ...]:
    """All tenants, in the order of their keys."""
    with reading(store) as tx:
        return tuple(of_row(row) for row in tx.execute(sa.select(tenants).order_by(tenants.c.key)).mappings())


def by_slug(store: sa.Engine, slug: str) -> Tenant:
    """The tenant with this slug; raises UnknownTenant."""
    with reading(store) as tx:
        row = tx.execute(sa.select(tenants).where(tenants.c.slug == slug)).mappings().one_or_none()
    if row is None:
        known = ", ".join(t.slug for t in every(store)) or "none yet"
        raise UnknownTenant(f"there is no tenant “{slug[:60]}”; known: {known}")
    return of_row(row)


def of_row(row: sa.RowMapping) -> Tenant:
    """A row of `tenants` (or of a join that carries its columns) as a Tenant."""
    return Tenant(**{name: row[tenants.c[name]] for name in _FIELDS}, settings=tuple(sorted(row[tenants.c.settings].items())))
