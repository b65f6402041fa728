"""What people do with alerts: acknowledge, assign, comment, silence, resolve, tick a step. Each is a step of the alert's timeline.

Every verb is given the actor, who must be allowed to act on alerts; another tenant's alert is `NotFound`. Verbs take many alerts
at once, all or none. An alert resolved by hand stays resolved while its breach goes on; the next breach is a new alert.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from accounts.actor import Actor
from accounts.roles import Permission
from analytics.run import Forbidden
from data_access.store import actors, alert_steps, alerts, reading, silences, writing

Resolution = Literal["recovered", "fixed", "rolled_back", "false_positive", "expected", "duplicate", "other"]
OPEN = ("pending", "firing", "acknowledged", "silenced")
LONGEST_NOTE = 2000


class NotFound(LookupError):
    """There is no such alert for this actor."""


class NotNow(RuntimeError):
    """The alert is past that: the message says what it is."""


@dataclass(frozen=True)
class Hand:
    """Who does it, when, and to which alerts."""

    actor: Actor
    alerts: Sequence[str]
    now: datetime


@dataclass(frozen=True)
class Quiet:
    """Whom not to tell of: every label in `matcher` must hold. `every` (cron, UTC) and `minutes` make it recur."""

    matcher: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    comment: str = ""
    every: str | None = None
    minutes: int | None = None


def acknowledge(store: sa.Engine, hand: Hand, note: str = "", until: datetime | None = None) -> None:
    """Somebody takes care of it; nobody is told again until it is over, or until `until`."""
    values = {"state": "acknowledged", "acknowledged_at": hand.now, "acknowledged_by": hand.actor.id, "acknowledged_until": until}
    with writing(store) as tx:
        for row in _rows(tx, hand, ("firing", "silenced", "acknowledged")):
            _change(tx, hand, row, values | ({"note": note[:LONGEST_NOTE]} if note else {}))
            _step(tx, hand, row["id"], ("hand", _said("acknowledged", note)), {"verb": "acknowledge", "until": until and until.isoformat()})


def release(store: sa.Engine, hand: Hand) -> None:
    """Take an acknowledgement back: it fires again."""
    values = {"state": "firing", "acknowledged_at": None, "acknowledged_by": None, "acknowledged_until": None}
    with writing(store) as tx:
        for row in _rows(tx, hand, ("acknowledged",)):
            _change(tx, hand, row, values)
            _step(tx, hand, row["id"], ("hand", "acknowledgement taken back"), {"verb": "release"})


def assign(store: sa.Engine, hand: Hand, to: str | None) -> None:
    """Whose it is now: a person of the same tenant, or nobody."""
    with writing(store) as tx:
        name = _name(tx, hand.actor, to) if to else "nobody"
        for row in _rows(tx, hand, OPEN):
            _change(tx, hand, row, {"assigned_to": to})
            _step(tx, hand, row["id"], ("hand", f"assigned to {name}"), {"verb": "assign", "to": to})


def comment(store: sa.Engine, hand: Hand, text: str) -> None:
    """Words on the timeline, also of alerts that are over."""
    if not text.strip():
        raise ValueError("a comment needs words")
    with writing(store) as tx:
        for row in _rows(tx, hand, (*OPEN, "resolved")):
            _step(tx, hand, row["id"], ("comment", text.strip()[:LONGEST_NOTE]), {})


def resolve(store: sa.Engine, hand: Hand, resolution: Resolution, note: str = "") -> None:
    """It is over, and why."""
    with writing(store) as tx:
        for row in _rows(tx, hand, OPEN):
            _change(
                tx,
                hand,
                row,
                {"state": "resolved", "resolved_at": hand.now, "resolution": resolution, "note": note[:LONGEST_NOTE] or row["note"]},
            )
            _step(tx, hand, row["id"], ("hand", _said(f"resolved: {resolution}", note)), {"verb": "resolve", "resolution": resolution})


def judge(store: sa.Engine, hand: Hand, *, false_positive: bool) -> None:
    """The team's verdict on an alert that is over."""
    with writing(store) as tx:
        for row in _rows(tx, hand, ("resolved",)):
            _change(tx, hand, row, {"resolution": "false_positive" if false_positive else "fixed"})
            _step(tx, hand, row["id"], ("hand", "a false alarm" if false_positive else "a real incident"), {"verb": "judge"})


def tick(store: sa.Engine, hand: Hand, step: str, *, done: bool) -> None:
    """A step of the checklist is done, or not after all."""
    with writing(store) as tx:
        for row in _rows(tx, hand, (*OPEN, "resolved")):
            ticked = {**row["checklist"]}
            ticked.pop(step, None)
            if done:
                ticked[step] = {"by": hand.actor.id, "at": hand.now.isoformat()}
            _change(tx, hand, row, {"checklist": ticked})
            _step(tx, hand, row["id"], ("hand", f"{'done' if done else 'not done'}: {step}"[:200]), {"verb": "tick", "step": step})


def silence(store: sa.Engine, hand: Hand, quiet: Quiet) -> str:
    """Tell nobody of what matches, for a while; the hand's alerts are marked at once. The silence's id."""
    if quiet.ends_at <= max(quiet.starts_at, hand.now):
        raise ValueError("a silence must end after it starts, and not in the past")
    _need(hand.actor)
    identity = uuid.uuid4().hex
    row = {
        "id": identity,
        "tenant": hand.actor.tenant.key,
        "matcher": dict(quiet.matcher),
        "author": hand.actor.id,
        "comment": quiet.comment[:500],
    }
    times = {"starts_at": quiet.starts_at, "ends_at": quiet.ends_at, "every": quiet.every, "minutes": quiet.minutes, "created_at": hand.now}
    with writing(store) as tx:
        tx.execute(sa.insert(silences).values(**row, **times))
        for found in _rows(tx, hand, OPEN):
            if found["state"] == "firing" and quiet.starts_at <= hand.now:
                _change(tx, hand, found, {"state": "silenced"})
            _step(
                tx, hand, found["id"], ("hand", _said("silenced", quiet.comment)), {"verb": "silence", "until": quiet.ends_at.isoformat()}
            )
    return identity


def unsilence(store: sa.Engine, actor: Actor, identity: str, now: datetime) -> None:
    """End a silence now. Raises NotFound."""
    _need(actor)
    with writing(store) as tx:
        mine = (silences.c.id == identity, silences.c.tenant == actor.tenant.key, silences.c.ends_at > now)
        if tx.execute(sa.update(silences).where(*mine).values(ends_at=now)).rowcount != 1:
            raise NotFound(identity)


def timeline(store: sa.Engine, actor: Actor, identity: str) -> list[dict[str, Any]]:
    """Everything that happened to the alert, oldest first. Raises NotFound."""
    if not actor.may(Permission.READ_HEALTH):
        raise Forbidden((Permission.READ_HEALTH,))
    mine = sa.select(alerts.c.id).where(alerts.c.id == identity, alerts.c.tenant == actor.tenant.key)
    with reading(store) as tx:
        if tx.scalar(mine) is None:
            raise NotFound(identity)
        return [
            dict(row)
            for row in tx.execute(sa.select(alert_steps).where(alert_steps.c.alert == identity).order_by(alert_steps.c.id)).mappings()
        ]


def _rows(tx: sa.Connection, hand: Hand, states: Iterable[str]) -> list[sa.RowMapping]:
    """The hand's alerts, each of which must be there and in one of the states."""
    _need(hand.actor)
    wanted = list(dict.fromkeys(hand.alerts))
    mine = sa.select(alerts).where(alerts.c.tenant == hand.actor.tenant.key, alerts.c.id.in_(wanted))
    found = {row["id"]: row for row in tx.execute(mine).mappings()}
    for identity in wanted:
        if identity not in found:
            raise NotFound(identity)
        if (state := found[identity]["state"]) not in states:
            raise NotNow(f"the alert is {state}")
    return [found[identity] for identity in wanted]


def _change(tx: sa.Connection, hand: Hand, row: sa.RowMapping, values: Mapping[str, Any]) -> None:
    new = {**values, "updated_at": hand.now, "version": row["version"] + 1}
    tx.execute(sa.update(alerts).where(alerts.c.id == row["id"], alerts.c.version == row["version"]).values(new))


def _step(tx: sa.Connection, hand: Hand, alert: str, told: tuple[str, str], data: Mapping[str, Any] | None = None) -> None:
    row = {
        "alert": alert,
        "at": hand.now,
        "what": told[0],
        "actor": hand.actor.id,
        "reason": told[1][:LONGEST_NOTE],
        "data": dict(data or {}),
    }
    tx.execute(sa.insert(alert_steps).values(row))


def _said(what: str, note: str) -> str:
    return f"{what}: {note}" if note else what


def _name(tx: sa.Connection, actor: Actor, to: str) -> str:
    name = tx.scalar(sa.select(actors.c.name).where(actors.c.id == to, actors.c.tenant == actor.tenant.key))
    if name is None:
        raise NotFound(to)
    return str(name)


def _need(actor: Actor) -> None:
    if not actor.may(Permission.ACT_ON_ALERTS):
        raise Forbidden((Permission.ACT_ON_ALERTS,))
