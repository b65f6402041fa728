"""Offering events of the quarantine again, from code that is not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from accounts.actor import Tenant
from ingest import quarantine
from ingest.decode import Refused
from ingest.decode_instants import micros
from ingest.live.current import current


def replay(store: sa.Engine, tenant: Tenant, identities: Sequence[str], now: datetime) -> tuple[int, dict[str, str]]:
    """(how many came in, why each of the others did not, by id). Raises Refused where no event can be taken at all."""
    collector = current()
    failed: dict[str, str] = {}
    done: list[str] = []
    for aside in quarantine.waiting(store, tenant.key, identities):
        try:
            outcome = asyncio.run(collector.replay(tenant, aside, micros(now)))
        except Refused as refused:
            if refused.status == 503:
                raise
            failed[aside.id] = refused.message
            continue
        if outcome.errors:
            failed[aside.id] = outcome.errors[0][1]
        else:
            done.append(aside.id)
    quarantine.mark_replayed(store, tenant.key, done, now)
    return len(done), failed
