"""One turn of the engine: every rule that is due, each from claim to record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from accounts.actor import Tenant
from accounts.tenants import every
from alerts.engine.claim import Held, claim
from alerts.engine.evaluate import decide, evaluate
from alerts.engine.record import Told, known, record
from data_access.store import reading


@dataclass(frozen=True)
class Turn:
    """What a turn did. `lost`: evaluations that were not written because somebody else had taken the rule, or changed it."""

    looked: int = 0
    fired: int = 0
    resolved: int = 0
    messages: int = 0
    lost: int = 0

    def plus(self, told: Told | None) -> Turn:
        if told is None:
            return Turn(self.looked + 1, self.fired, self.resolved, self.messages, self.lost + 1)
        return Turn(self.looked + 1, self.fired + told.fired, self.resolved + told.resolved, self.messages + told.messages, self.lost)


def turn(store: sa.Engine, environment: str, now: datetime) -> Turn:
    """Look at every rule that is due and free, until none is."""
    tenants, done = {tenant.key: tenant for tenant in every(store)}, Turn()
    while held := claim(store, now):
        for one in held:
            done = done.plus(_looked(store, one, tenants[one.kept.tenant], environment=environment, now=now))
    return done


def _looked(store: sa.Engine, held: Held, tenant: Tenant, *, environment: str, now: datetime) -> Told | None:
    evaluation = evaluate(held.kept, tenant, environment, now)
    with reading(store) as tx:
        before = known(tx, held.kept.id)
    return record(store, held, tenant, evaluation=evaluation, decisions=decide(before, evaluation, held.kept.rule.policy))
