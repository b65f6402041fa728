"""When posting lists are brought up to date: after writing, once enough has arrived that reading it anew would be felt."""

from __future__ import annotations

import threading
from weakref import WeakKeyDictionary

import sqlalchemy as sa
import structlog

from accounts.actor import Tenant
from data_access.errors import WarehouseError
from data_access.schema import events
from data_access.warehouse import Warehouse
from ingest.lists.keep import extend, rebuild

TAIL = 100_000  # events that questions read without lists, and that a file of lists begins with
log = structlog.get_logger("ingest")
_waiting: WeakKeyDictionary[Warehouse, dict[int, int]] = WeakKeyDictionary()
_counting = threading.Lock()


def keep_up(warehouse: Warehouse, tenant: Tenant, arrived: int) -> None:
    """So many events were written: lists follow when it is time."""
    with _counting:
        waiting = _waiting.setdefault(warehouse, {})
        waiting[tenant.key] = waiting.get(tenant.key, 0) + arrived
        if waiting[tenant.key] < TAIL:
            return
        waiting[tenant.key] = 0
    _attempted(warehouse, tenant, whole=False)


def renew(warehouse: Warehouse, tenant: Tenant) -> None:
    """Everything that is derived was derived again: so are the lists, where there is enough for lists at all."""
    count = warehouse.read(sa.select(sa.func.count()).select_from(events).where(events.c.tenant == tenant.key), budget=600).iat[0, 0]
    if count >= TAIL:
        _attempted(warehouse, tenant, whole=True)


def _attempted(warehouse: Warehouse, tenant: Tenant, *, whole: bool) -> None:
    """What was written is written: lists that cannot be (a full disk, a lost server) stay behind, which is slower and never wrong."""
    try:
        (rebuild if whole else extend)(warehouse, tenant)
    except (OSError, WarehouseError) as error:
        log.warning("event_lists_behind", tenant=tenant.key, reason=str(error))
