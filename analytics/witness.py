"""Who looked at whom: questions about single persons leave a line in the trail, whichever way they were asked."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime

from accounts import audit
from accounts.actor import Actor
from analytics.query import Query
from data_access.connections import store
from data_access.errors import WarehouseUnavailable

WITHIN_SECONDS = 600  # the same look again, such as the redrawing of a page, is the same look
REMEMBERED = 10_000
_seen: OrderedDict[Hashable, None] = OrderedDict()
_lock = threading.Lock()


def looked(look: tuple[str, str], query: Query, actor: Actor, now: datetime, outcome: audit.Outcome = "done") -> None:
    """Record a look (`action`, `object`). Nothing where this process has no application store, as then nobody can sign in."""
    action, target = look
    try:
        kept = store()
    except WarehouseUnavailable:
        return
    if _fresh((str(kept.url), actor.tenant.key, actor.id, action, target, outcome, int(now.timestamp()) // WITHIN_SECONDS)):
        audit.record(kept, audit.Entry(action, target, outcome, actor, details={"query": query.to_json()}), now)


def _fresh(key: Hashable) -> bool:
    with _lock:
        known = key in _seen
        _seen[key] = None
        while len(_seen) > REMEMBERED:
            _seen.popitem(last=False)
        return not known
