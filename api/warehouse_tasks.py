"""Ask, rebuild and check the warehouse, for the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
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
from data_access.settings import settings
from ingest.expressions import MissingColumn
from ingest.importing import InvalidMapping, UnreadableFile, import_file
from ingest.mapping import read_mapping
from ingest.verify import differences
from ingest.writer import BatchWriter

Progress = Callable[[float, str], None]
MENDABLE: tuple[type[Exception], ...] = (
    InvalidQuery, InvalidFilter, InvalidPeriod, Forbidden, WarehouseError, UnknownScale, tenants.UnknownTenant,
    UnreadableFile, InvalidMapping, MissingColumn,
)  # fmt: skip


def query(arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
    """{"query", "tenant", "locale"}: a Result as JSON, with everything an administrator of the tenant may see."""
    tenant = chosen_tenant(arguments.get("tenant"))
    actor = Actor("command-line", "Command line", tenant, frozenset({"admin"}), locale=str(arguments.get("locale") or "en"))
    return result_json(run(query_from_json(arguments.get("query")), actor, utc_now()), actor)


def rollup(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"tenant", "check"}: by tenant, derive sessions, movements and rollups again from the facts (the data version they
    became); or with "check", compare them with the facts and change nothing (what differs)."""
    wanted = [chosen_tenant(arguments["tenant"])] if arguments.get("tenant") else list(tenants.every(store()))
    answers: dict[str, Any] = {}
    for done, tenant in enumerate(wanted):
        progress(done / len(wanted), tenant.slug)
        if arguments.get("check"):
            answers[tenant.slug] = differences(warehouse(), tenant)
        else:
            answers[tenant.slug] = BatchWriter(warehouse(), tenant).rebuild(utc_now())
    progress(1.0, "")
    return answers


def verify(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"tenant"}: compare everything that is kept beside the facts with them; by tenant what differs, by what it is kept in."""
    wanted = [chosen_tenant(arguments["tenant"])] if arguments.get("tenant") else list(tenants.every(store()))
    found: dict[str, Any] = {}
    for done, tenant in enumerate(wanted):
        found[tenant.slug] = differences(
            warehouse(),
            tenant,
            lambda part, what, done=done: progress((done + part) / len(wanted), what),  # type: ignore[misc]
        )
    progress(1.0, "")
    return found


def check(_arguments: dict[str, Any], _progress: Progress) -> dict[str, Any]:
    """{}: that the warehouse answers and has the tables this program wants."""
    opened = warehouse()
    opened.check()
    opened.read(sa.select(sa.literal(1).label("one")))
    return {"engine": opened.engine}


def load_file(arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """{"file", "map", "tenant"}: load a file by a map; what became of its rows. Paths are absolute, read by this process."""
    tenant = chosen_tenant(arguments.get("tenant"))
    path, mapping = Path(str(arguments["file"])), read_mapping(Path(str(arguments["map"])))
    if not path.is_file():
        raise UnreadableFile(f"there is no file {path}")
    rejects = settings().data_dir / "rejects"
    summary = import_file(path, mapping, BatchWriter(warehouse(), tenant), utc_now(), rejects_dir=rejects, progress=progress)
    return {**asdict(summary), "rejects": str(summary.rejects) if summary.rejects else None, "tenant": tenant.slug}


def chosen_tenant(slug: str | None) -> Tenant:
    """The tenant of that slug; the only one there is where none is named. Raises UnknownTenant."""
    if slug:
        return tenants.by_slug(store(), slug)
    known = tenants.every(store())
    if len(known) != 1:
        names = ", ".join(tenant.slug for tenant in known) or "none yet"
        raise tenants.UnknownTenant(f"say which tenant with --tenant: {names}")
    return known[0]
