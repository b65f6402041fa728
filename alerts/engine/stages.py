"""What becomes of a change on its way to people: inhibit, silence, group, throttle, route. Each stage is a function that
answers with a recorded reason, so that "why was I (not) told?" can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from cronsim import CronSim

from alerts.routing import Inhibition, Route, Routing, matches

Event = Literal["fired", "resolved", "repeated", "escalated"]
Stopped = Literal["", "inhibited", "silenced", "unrouted"]
MUTED_LOOK_BACK = timedelta(days=8)  # a recurring mute time starts at least weekly


@dataclass(frozen=True)
class Silence:
    """Whom it matches and when; a recurring one lasts `minutes` from each time that `every` names (UTC)."""

    id: str
    matcher: Mapping[str, str]
    comment: str
    starts_at: datetime
    ends_at: datetime
    every: str | None = None
    minutes: int | None = None

    def holds(self, now: datetime) -> bool:
        if not self.starts_at <= now < self.ends_at:
            return False
        if self.every is None or self.minutes is None:
            return True
        for start in CronSim(self.every, now - timedelta(minutes=self.minutes)):
            return bool(start <= now)
        return False


@dataclass(frozen=True)
class Notice:
    """One change of one alert that people may be told of. `reasons`: (stage, why) in the order of the stages."""

    alert: str
    event: Event
    labels: Mapping[str, str]
    reasons: tuple[tuple[str, str], ...] = ()
    stopped: Stopped = ""
    route: Route = field(default_factory=Route)
    group: str = ""
    due_at: datetime | None = None

    def because(self, stage: str, reason: str, **changes: object) -> Notice:
        return replace(self, reasons=(*self.reasons, (stage, reason)), **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class World:
    """What the stages look at: the tenant's firing alerts by id with their labels, its silences and routing, and when
    each group was last told."""

    now: datetime
    firing: Mapping[str, Mapping[str, str]]
    silences: Sequence[Silence]
    routing: Routing
    told: Mapping[str, datetime]


Stage = Callable[[Notice, World], list[Notice]]


def inhibit(notice: Notice, world: World) -> list[Notice]:
    """Another alert that explains this one is firing."""
    if notice.event == "resolved":
        return [notice]
    for rule in world.routing.inhibitions:
        if by := _inhibitor(rule, notice, world):
            return [notice.because("inhibited", f"alert {by} is firing and explains this one", stopped="inhibited")]
    return [notice]


def _inhibitor(rule: Inhibition, notice: Notice, world: World) -> str | None:
    if not matches(rule.target, notice.labels):
        return None
    same = {name: notice.labels.get(name, "") for name in rule.equal}
    for alert, labels in world.firing.items():
        if alert != notice.alert and matches(rule.source, labels) and all(labels.get(name, "") == value for name, value in same.items()):
            return alert
    return None


def silence(notice: Notice, world: World) -> list[Notice]:
    """Somebody asked not to be told."""
    for kept in world.silences:
        if kept.holds(world.now) and matches(kept.matcher, notice.labels):
            said = f"silence {kept.id[:8]}: {kept.comment}" if kept.comment else f"silence {kept.id[:8]}"
            return [notice.because("silenced", said, stopped="silenced")]
    return [notice]


def route(notice: Notice, world: World) -> list[Notice]:
    """Every route that takes the alert; one without channels tells nobody but the bell."""
    taken = list(world.routing.route.taking(notice.labels))
    return [notice.because("routed", _towards(way), route=way) for way in taken]


def _towards(way: Route) -> str:
    by = ", ".join(f"{name} = {value}" for name, value in way.matcher.items()) or "every alert"
    return f"{by} → {', '.join(way.channels) or 'the bell alone'}"


def group(notice: Notice, _world: World) -> list[Notice]:
    """Alerts that share these labels on this route are told of together."""
    values = [f"{name}={notice.labels.get(name, '')}" for name in notice.route.group_by]
    place = repr((sorted(notice.route.matcher.items()), notice.route.channels, values))
    key = hashlib.sha256(place.encode()).hexdigest()[:24]
    return [notice.because("grouped", " and ".join(values) or "all together", group=key)]


def throttle(notice: Notice, world: World) -> list[Notice]:
    """Not before the group's waiting time is over, nor sooner than its interval after the last message."""
    soonest = world.now + timedelta(seconds=notice.route.wait_seconds)
    last = world.told.get(notice.group)
    due = max(soonest, last + timedelta(seconds=notice.route.interval_seconds)) if last else soonest
    why = f"the group was told {(world.now - last).total_seconds():.0f} s ago" if last and due > soonest else "the first of its group"
    return [notice.because("throttled", f"{why}: message at {due:%H:%M:%S} UTC", due_at=due)]


STAGES: tuple[Stage, ...] = (inhibit, silence, route, group, throttle)


def passed(notices: Sequence[Notice], world: World) -> list[Notice]:
    """Every notice through every stage, until one stops it."""
    current = list(notices)
    for stage in STAGES:
        current = [after for notice in current for after in ([notice] if notice.stopped else stage(notice, world))]
    return current
