"""The rules of a tenant: kept as rows, changed by people who may act on alerts, shipped ones added where they are missing.

Every verb is given the actor: another tenant's rule is `NotFound`. A change names the version it was made on; another's change
in between is a `Conflict`, never lost.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from cronsim import CronSim

from accounts.actor import Actor, Tenant
from accounts.roles import Permission
from alerts.rule import InvalidRule, Rule, rule_from_json
from analytics.run import Forbidden
from data_access.store import reading, rules, writing


class NotFound(LookupError):
    """There is no such rule for this actor."""


class Conflict(RuntimeError):
    """Somebody changed it since it was read."""


@dataclass(frozen=True)
class Kept:
    """A rule in the book, with how its last look went."""

    id: str
    tenant: int
    slug: str
    rule: Rule
    enabled: bool
    owner: str | None
    version: int
    updated_at: datetime
    updated_by: str
    due_at: datetime
    last_run_at: datetime | None = None
    last_outcome: str | None = None
    last_error: str | None = None
    last_milliseconds: int | None = None


def listed(store: sa.Engine, actor: Actor) -> tuple[Kept, ...]:
    """All rules of the actor's tenant, by name."""
    _need(actor, Permission.READ_HEALTH)
    with reading(store) as tx:
        rows = tx.execute(sa.select(rules).where(rules.c.tenant == actor.tenant.key)).mappings()
        return tuple(sorted(map(of_row, rows), key=lambda kept: kept.rule.name.en.lower()))


def found(store: sa.Engine, actor: Actor, identity: str) -> Kept:
    """The rule of that id or slug. Raises NotFound."""
    _need(actor, Permission.READ_HEALTH)
    with reading(store) as tx:
        row = tx.execute(sa.select(rules).where(_mine(actor), sa.or_(rules.c.id == identity, rules.c.slug == identity))).mappings().first()
    if row is None:
        raise NotFound(identity)
    return of_row(row)


def add(store: sa.Engine, actor: Actor, rule: Rule, now: datetime) -> Kept:
    """A new rule, switched on, due at once."""
    _need(actor, Permission.ACT_ON_ALERTS)
    row = _row(actor.tenant, slug_of(rule), rule, now) | {"owner": actor.id, "updated_by": actor.id}
    with writing(store) as tx:
        taken = set(tx.scalars(sa.select(rules.c.slug).where(_mine(actor))))
        if row["slug"] in taken:
            raise InvalidRule(f"there is a rule named “{rule.name.en[:80]}” already: give this one another name")
        tx.execute(sa.insert(rules).values(row))
    return found(store, actor, str(row["id"]))


def change(store: sa.Engine, actor: Actor, before: Kept, now: datetime, *, rule: Rule | None = None, enabled: bool | None = None) -> Kept:
    """Replace the rule, or switch it on or off. `before` is what the actor saw. Raises NotFound or Conflict."""
    _need(actor, Permission.ACT_ON_ALERTS)
    new = rule or before.rule
    values = {
        "definition": new.to_json(),
        "enabled": before.enabled if enabled is None else enabled,
        "version": before.version + 1,
        "updated_at": now,
        "updated_by": actor.id,
        "due_at": now,
    }
    with writing(store) as tx:
        same = (_mine(actor), rules.c.id == before.id, rules.c.version == before.version)
        if tx.execute(sa.update(rules).where(*same).values(values)).rowcount != 1:
            found(store, actor, before.id)
            raise Conflict(before.id)
    return found(store, actor, before.id)


def remove(store: sa.Engine, actor: Actor, identity: str) -> None:
    """Take the rule out of the book; its alerts stay in the history. Raises NotFound."""
    _need(actor, Permission.ACT_ON_ALERTS)
    with writing(store) as tx:
        if tx.execute(sa.delete(rules).where(_mine(actor), rules.c.id == identity)).rowcount != 1:
            raise NotFound(identity)


def ship(store: sa.Engine, tenant: Tenant, catalogue: Mapping[str, Rule], now: datetime) -> int:
    """Add the shipped rules that the tenant has not; those it changed or has stay as they are. How many were added."""
    with writing(store) as tx:
        known = set(tx.scalars(sa.select(rules.c.slug).where(rules.c.tenant == tenant.key)))
        new = [_row(tenant, slug, rule, now) for slug, rule in catalogue.items() if slug not in known]
        if new:
            tx.execute(sa.insert(rules), new)
    return len(new)


def next_due(rule: Rule, tenant: Tenant, after: datetime) -> datetime:
    """The first time after `after` that the rule's cron names in the tenant's zone."""
    due: datetime = next(CronSim(rule.every, after.astimezone(tenant.zone)))
    return due


def slug_of(rule: Rule) -> str:
    """The English name in letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", rule.name.en).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "rule"


def of_row(row: sa.RowMapping) -> Kept:
    """A row of `rules` as Kept."""
    names = (name for name in Kept.__dataclass_fields__ if name != "rule")
    return Kept(rule=rule_from_json(row["definition"]), **{name: row[name] for name in names})


def _row(tenant: Tenant, slug: str, rule: Rule, now: datetime) -> dict[str, object]:
    return {
        "id": uuid.uuid4().hex,
        "tenant": tenant.key,
        "slug": slug,
        "definition": rule.to_json(),
        "enabled": True,
        "owner": None,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "updated_by": "vigie",
        "due_at": now,
    }


def _mine(actor: Actor) -> sa.ColumnElement[bool]:
    return rules.c.tenant == actor.tenant.key


def _need(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission):
        raise Forbidden((permission,))
