"""Record: standings, alerts, their steps and the outbox, in the one transaction that ends the claim."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts.actor import Tenant
from alerts.book import next_due
from alerts.engine.claim import Held, give_back
from alerts.engine.evaluate import Decision, Evaluation
from alerts.engine.stages import Event, Notice, Silence, World, passed
from alerts.routing import of_tenant
from alerts.state import Standing, State
from data_access.store import alert_steps, alerts, channels, outbox, silences, standings, writing
from delivery.outbox import Draft, put

OPEN = ("pending", "firing", "acknowledged", "silenced")


@dataclass(frozen=True)
class Told:
    """What a recorded evaluation led to."""

    fired: int = 0
    resolved: int = 0
    messages: int = 0


def known(tx: sa.Connection, rule: str) -> dict[str, Standing]:
    """Where each series of the rule stands."""
    rows = tx.execute(sa.select(standings).where(standings.c.rule == rule)).mappings()
    return {row["series"]: Standing(State(row["state"]), row["since"], row["fired_at"], row["clear_since"], row["cause"]) for row in rows}


def record(store: sa.Engine, held: Held, tenant: Tenant, *, evaluation: Evaluation, decisions: Sequence[Decision]) -> Told | None:
    """Everything at once, or nothing where the lease was lost or the rule changed meanwhile (None)."""
    try:
        with writing(store) as tx:
            return _recorded(Page(tx, held, tenant, evaluation.at), evaluation, decisions)
    except LostLease:
        return None


class LostLease(RuntimeError):
    """Somebody else has the rule now, or changed it: nothing that was decided may stay."""


@dataclass(frozen=True)
class Page:
    """What one recording writes in: its transaction, the claim it ends, and for whom and when."""

    tx: sa.Connection
    held: Held
    tenant: Tenant
    now: datetime


def _recorded(page: Page, evaluation: Evaluation, decisions: Sequence[Decision]) -> Told:
    if not give_back(page.tx, page.held, _ended(page.held, page.tenant, evaluation)):
        raise LostLease(page.held.kept.id)
    notices = [notice for decision in decisions if (notice := _kept(page, decision))]
    told = passed(notices, _world(page)) if notices else []
    messages = _sent(page, told)
    _reasons(page, told)
    events = [notice.event for notice in notices]
    return Told(events.count("fired"), events.count("resolved"), messages)


def _ended(held: Held, tenant: Tenant, evaluation: Evaluation) -> dict[str, object]:
    return {
        "due_at": next_due(held.kept.rule, tenant, evaluation.at),
        "last_run_at": evaluation.at,
        "last_outcome": "failed" if evaluation.error else "done",
        "last_error": evaluation.error or None,
        "last_milliseconds": evaluation.milliseconds,
    }


def _kept(page: Page, decision: Decision) -> Notice | None:
    """The series' standing and its alert; a notice where it fired or resolved."""
    alert = _alert(page, decision) if decision.change or decision.after.state is not State.INACTIVE else None
    _stand(page, decision, alert if decision.after.state is not State.INACTIVE else None)
    if alert is None or decision.change is None:
        return None
    _step(page, alert, "transition", decision.change.reason, data={"value": decision.look.value, "limit": decision.look.limit})
    event = _event(decision)
    return None if event is None else Notice(alert, event, labels_of(page.held, decision))


def _event(decision: Decision) -> Event | None:
    before, after = decision.before.state, decision.after.state
    if after is State.FIRING and before is not State.FIRING:
        return "fired"
    return "resolved" if before is State.FIRING and after is State.INACTIVE else None


def labels_of(held: Held, decision: Decision) -> dict[str, str]:
    """The rule's own labels, and what every alert has: rule, severity, series, cause."""
    rule = held.kept.rule
    cause = decision.after.cause if decision.after.state is not State.INACTIVE else decision.before.cause
    return {**rule.labels, "rule": held.kept.slug, "severity": rule.severity, "series": decision.series, "cause": cause}


def fingerprint(rule: str, series: str) -> str:
    """Names the same alert again, whenever it comes back."""
    return hashlib.sha256(f"{rule}\x00{series}".encode()).hexdigest()


def _alert(page: Page, decision: Decision) -> str | None:
    """The id of the series' open alert, made or brought up to date; None where a breach ended that never was one."""
    mark, after = fingerprint(page.held.kept.id, decision.series), decision.after
    row = (
        page.tx.execute(sa.select(alerts).where(alerts.c.fingerprint == mark, alerts.c.tenant == page.tenant.key, alerts.c.state.in_(OPEN)))
        .mappings()
        .first()
    )
    if row is None:
        begins = decision.before.state is State.INACTIVE and after.state is not State.INACTIVE
        return _opened(page, decision) if begins else None  # one that a hand resolved stays resolved while its breach goes on
    if after.state is State.INACTIVE and row["state"] == "pending":
        page.tx.execute(sa.delete(alerts).where(alerts.c.id == row["id"]))  # it never told anybody anything
        return None
    page.tx.execute(sa.update(alerts).where(alerts.c.id == row["id"]).values(_changes(row, decision, page.now)))
    return str(row["id"])


def _changes(row: sa.RowMapping, decision: Decision, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {"updated_at": now, "version": row["version"] + 1, "cause": decision.after.cause}
    if decision.look.value is not None:
        values |= {"value": decision.look.value, "limit": decision.look.limit}
    if decision.after.state is State.INACTIVE:
        return values | {"state": "resolved", "resolved_at": now, "resolution": "recovered", "cause": row["cause"]}
    if decision.after.state is State.FIRING and row["state"] == "pending":
        return values | {"state": "firing", "fired_at": decision.after.fired_at}
    return values


def _opened(page: Page, decision: Decision) -> str:
    rule, after = page.held.kept.rule, decision.after
    row = {
        "id": uuid.uuid4().hex,
        "tenant": page.tenant.key,
        "rule": page.held.kept.id,
        "source": "vigie",
        "fingerprint": fingerprint(page.held.kept.id, decision.series),
        "name": {"en": rule.name.en, "fr": rule.name.fr},
        "series": decision.series,
        "labels": labels_of(page.held, decision),
        "severity": rule.severity,
        "cause": after.cause,
        "state": after.state.value,
        "started_at": after.since,
        "fired_at": after.fired_at,
        "value": decision.look.value,
        "limit": decision.look.limit,
        "checklist": {},
        "updated_at": page.now,
        "version": 1,
    }
    page.tx.execute(sa.insert(alerts).values(row))
    return str(row["id"])


def _stand(page: Page, decision: Decision, alert: str | None) -> None:
    after = decision.after
    values = {
        "state": after.state.value,
        "cause": after.cause,
        "since": after.since,
        "fired_at": after.fired_at,
        "clear_since": after.clear_since,
        "alert": alert,
        "value": decision.look.value,
        "judged_at": page.now,
    }
    same = (standings.c.rule == page.held.kept.id, standings.c.series == decision.series[:200])
    if not page.tx.execute(sa.update(standings).where(*same).values(values)).rowcount:
        page.tx.execute(sa.insert(standings).values(rule=page.held.kept.id, series=decision.series[:200], **values))


def _world(page: Page) -> World:
    open_now = sa.select(alerts.c.id, alerts.c.labels).where(
        alerts.c.tenant == page.tenant.key, alerts.c.state.in_(("firing", "acknowledged"))
    )
    asked = sa.select(silences).where(silences.c.tenant == page.tenant.key, silences.c.ends_at > page.now)
    names = Silence.__dataclass_fields__
    last = sa.select(outbox.c.about, sa.func.max(outbox.c.due_at)).where(
        outbox.c.tenant == page.tenant.key, outbox.c.about.like("alerts:%")
    )
    return World(
        page.now,
        {row.id: row.labels for row in page.tx.execute(open_now)},
        [Silence(**{name: row[name] for name in names}) for row in page.tx.execute(asked).mappings()],
        of_tenant(page.tx, page.tenant.key),
        {about.removeprefix("alerts:"): at for about, at in page.tx.execute(last.group_by(outbox.c.about))},
    )


def _sent(page: Page, told: Iterable[Notice]) -> int:
    """One message per group and channel; alerts join a message of their group that still waits."""
    groups: dict[str, list[Notice]] = {}
    for notice in told:
        if not notice.stopped:
            groups.setdefault(notice.group, []).append(notice)
    return sum(_message(page, members, channel) for members in groups.values() for channel in _channels(page, members[0]))


def _message(page: Page, members: Sequence[Notice], channel: str) -> int:
    about, added = f"alerts:{members[0].group}", [{"id": notice.alert, "event": notice.event} for notice in members]
    waiting = sa.select(outbox).where(
        outbox.c.about == about,
        outbox.c.channel == channel,
        outbox.c.state == "waiting",
        outbox.c.attempts == 0,
        outbox.c.lease_until.is_(None),
    )
    if (row := page.tx.execute(waiting).mappings().first()) is not None:
        message = {**row["message"], "alerts": [*row["message"]["alerts"], *added]}
        page.tx.execute(sa.update(outbox).where(outbox.c.id == row["id"]).values(message=message))
        return 0
    due = max(notice.due_at or page.now for notice in members)
    put(
        page.tx,
        Draft(page.tenant.key, f"{about}:{channel}:{uuid.uuid4().hex}", channel, about, {"kind": "alerts", "alerts": added}, due),
        page.now,
    )
    return 1


def _channels(page: Page, notice: Notice) -> list[str]:
    """The ids of the enabled channels that the notice's route names."""
    rows = page.tx.execute(
        sa.select(channels.c.id, channels.c.name, channels.c.kind).where(channels.c.tenant == page.tenant.key, channels.c.enabled)
    )
    wanted = set(notice.route.channels)
    return [row.id for row in rows if row.name in wanted or f"kind:{row.kind}" in wanted]


def _reasons(page: Page, told: Iterable[Notice]) -> None:
    for notice in told:
        for stage, reason in notice.reasons:
            _step(page, notice.alert, stage, reason, data={"event": notice.event})
        if notice.stopped == "silenced" and notice.event == "fired":
            page.tx.execute(sa.update(alerts).where(alerts.c.id == notice.alert, alerts.c.state == "firing").values(state="silenced"))


def _step(page: Page, alert: str, what: str, reason: str, *, data: Mapping[str, Any]) -> None:
    page.tx.execute(sa.insert(alert_steps).values(alert=alert, at=page.now, what=what, reason=reason[:2000], data=dict(data)))
