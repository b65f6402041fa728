"""Evaluate and decide: what a rule sees now, and where that leaves each of its series. Deciding is pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from accounts.actor import Actor, Tenant
from alerts.book import Kept
from alerts.looking import Look, looks
from alerts.state import CALM, Change, Policy, Reading, Standing, judge
from alerts.watch import Watching, courses
from analytics.query import InvalidQuery
from analytics.run import Forbidden
from data_access.errors import WarehouseError

log = logging.getLogger(__name__)
SPARE_HOURS = 26  # the unfinished hour, and a day that the clock made longer


@dataclass(frozen=True)
class Evaluation:
    """What was seen for each series; `error` is why nothing was, "" where something was."""

    at: datetime
    seen: Mapping[str, Look] = field(default_factory=dict)
    error: str = ""
    milliseconds: int = 0


@dataclass(frozen=True)
class Decision:
    """One series after the evaluation. `change` is None where its state stays."""

    series: str
    before: Standing
    after: Standing
    look: Look
    change: Change | None


def evaluate(kept: Kept, tenant: Tenant, environment: str, now: datetime) -> Evaluation:
    """Ask what the rule watches, for an administrator of its tenant, and look at this instant. Never raises for a question
    that fails: that is an evaluation with an error."""
    started = monotonic()
    condition = kept.rule.judged_in(environment)
    actor = Actor("alerts", "Alerts", tenant, frozenset({"admin"}))
    watching = Watching(actor, now, condition.memory + SPARE_HOURS)
    try:
        found = courses(kept.rule, watching)
        seen = {series: look for series, course in found.items() for look in looks(condition, course, [now], tenant.zone)}
        return Evaluation(now, seen, "", _since(started))
    except (WarehouseError, InvalidQuery, Forbidden, ValueError) as error:
        log.warning("rule %s could not be evaluated: %s", kept.slug, error)
        return Evaluation(now, {}, f"{type(error).__name__}: {error}"[:500], _since(started))


def decide(standings: Mapping[str, Standing], evaluation: Evaluation, policy: Policy) -> list[Decision]:
    """A decision for each series that is seen or was known: one that is seen no more is absent, and where the question
    failed every known one has failed (or the rule itself, where none is known)."""
    missing = Reading.FAILED if evaluation.error else Reading.ABSENT
    names = dict.fromkeys((*standings, *evaluation.seen)) or ({"": None} if evaluation.error else {})
    decisions = []
    for series in names:
        before = standings.get(series, CALM)
        look = evaluation.seen.get(series, Look(evaluation.at, missing))
        after, change = judge(before, look.reading, policy, evaluation.at)
        decisions.append(Decision(series, before, after, look, change))
    return decisions


def _since(started: float) -> int:
    return round(timedelta(seconds=monotonic() - started) / timedelta(milliseconds=1))
