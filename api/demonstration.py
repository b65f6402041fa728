"""Make the demonstration business, once, or anew."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from typing import Any

import orjson
import sqlalchemy as sa

import demo
from accounts import tenants
from data_access import schema
from data_access.clock import utc_now
from data_access.connections import store, warehouse
from data_access.settings import Settings, settings
from demo.business import SCALES, TENANTS
from ingest.writer import BatchWriter

_KEPT = frozenset({"data_versions"})  # versions only ever grow, or cached answers would come back


class UnknownScale(ValueError):
    """No demonstration of that size."""


def marker(chosen: Settings) -> dict[str, Any]:
    """What was made here: {} for nothing yet; "done" is missing while it is being made or was interrupted."""
    try:
        return dict(orjson.loads((chosen.data_dir / "demo.json").read_bytes()))
    except (OSError, orjson.JSONDecodeError):
        return {}


def create(arguments: dict[str, Any], progress: Callable[[float, str], None]) -> dict[str, Any]:
    """{"scale", "fresh"}: the rows made per table; nothing where it is there already.

    The last day is written down before the first row, so that an interrupted run goes on with the same ids.
    """
    scale, fresh = str(arguments.get("scale") or "default"), bool(arguments.get("fresh"))
    if scale not in SCALES:
        raise UnknownScale(f"there is no scale “{scale[:20]}”: use one of {', '.join(SCALES)}")
    made = marker(settings())
    if made.get("done") and not fresh:
        return {"made": False, **made}
    now = utc_now()
    resumed = not fresh and made.get("scale") == scale
    end = date.fromisoformat(made["end"]) if resumed else now.astimezone(TENANTS[0].zone).date()
    for tenant in TENANTS:
        tenants.save(store(), tenant, now)
    if made and not resumed:
        _empty()
    _mark({"scale": scale, "end": end.isoformat()})
    rows = demo.create(warehouse(), BatchWriter, SCALES[scale], end, now=now, progress=progress)
    _mark({"scale": scale, "end": end.isoformat(), "done": True})
    return {"made": True, "scale": scale, "end": end.isoformat(), "rows": rows}


def _empty() -> None:
    """Remove every row of the demonstration's tenants."""
    with warehouse().transaction() as tx:
        for table in schema.metadata.sorted_tables:
            if "tenant" in table.c and table.name not in _KEPT:
                tx.execute(sa.delete(table).where(table.c.tenant.in_([tenant.key for tenant in TENANTS])))


def _mark(made: dict[str, Any]) -> None:
    """Write the marker whole or not at all."""
    target = settings().data_dir / "demo.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}")
    draft.write_bytes(orjson.dumps(made))
    draft.replace(target)
