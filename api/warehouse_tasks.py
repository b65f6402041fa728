"""Ask, rebuild and check the warehouse, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from accounts import tenants
from accounts.actor import Actor, Tenant
from analytics.filters import InvalidFilter
from analytics.kinds import query_from_json
from analytics.period import InvalidPeriod
from analytics.query import InvalidQuery
from analytics.run import Forbidden, run
from api.demonstration import UnknownScale
from api.encode import result_json
from data_access.clock import utc_now
from data_access.connections import store, warehouse
from data_access.errors import WarehouseError
from ingest.writer import BatchWriter

Progress = Callable[[float, str], None]
MENDABLE: tuple[type[Exception], ...] = (
    InvalidQuery, InvalidFilter, InvalidPeriod, Forbidden, WarehouseError, UnknownScale, tenants.UnknownTenant,
)  # fmt: skip


def query(arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
    """{"query", "tenant", "locale"}: a Result as JSON, with everything an administrator of the tenant may see."""
    tenant = chosen_tenant(arguments.get("tenant"))
    actor = Actor("command-line", "Command line", tenant, frozenset({"admin"}), locale=str(arguments.get("locale") or "en"))
    return result_json(run(query_from_json(arguments.get("query")), actor, utc_now()), actor)


def rollup(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"tenant"}: derive sessions, movements and rollups again from the facts; the data version of each tenant."""
    wanted = [chosen_tenant(arguments["tenant"])] if arguments.get("tenant") else list(tenants.every(store()))
    versions = {}
    for done, tenant in enumerate(wanted):
        progress(done / len(wanted), tenant.slug)
        versions[tenant.slug] = BatchWriter(warehouse(), tenant).rebuild(utc_now())
    progress(1.0, "")
    return {"rebuilt": versions}


def check(_arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
    """{}: that the warehouse answers and has the tables this program wants."""
    opened = warehouse()
    opened.check()
    opened.read(sa.select(sa.literal(1).label("one")))
    return {"engine": opened.engine}


def chosen_tenant(slug: str | None) -> Tenant:
    """The tenant of that slug; the only one there is where none is named. Raises UnknownTenant."""
    if slug:
        return tenants.by_slug(store(), slug)
    known = tenants.every(store())
    if len(known) != 1:
        names = ", ".join(tenant.slug for tenant in known) or "none yet"
        raise tenants.UnknownTenant(f"say which tenant with --tenant: {names}")
    return known[0]
