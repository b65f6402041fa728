"""The state machine of one series of one rule: pure, judged reading by reading, equal to Prometheus on its own cases.

A breach makes the series pending; once it has lasted `Policy.pending` it fires. A firing series whose breach is over
fires on for `Policy.keep`, so that a value that flaps does not resolve and fire at every reading. What a reading without a
value or a failed reading means is the rule's own choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


class Reading(StrEnum):
    """What one evaluation found for one series."""

    BREACH = "breach"
    CLEAR = "clear"
    ABSENT = "absent"  # the question was answered, but has no value for the series
    FAILED = "failed"  # the question was not answered


class State(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


Meaning = Literal["clear", "keep", "breach"]
Cause = Literal["condition", "no_data", "error"]
CAUSES: dict[Reading, Cause] = {Reading.ABSENT: "no_data", Reading.FAILED: "error"}


@dataclass(frozen=True)
class Policy:
    """How long before a breach fires and after it resolves, and what it means when there is no value.

    `no_data` and `error`: clear (as if all were well), keep (stay as before), breach (fire under a name of its own).
    """

    pending: timedelta = timedelta()
    keep: timedelta = timedelta()
    no_data: Meaning = "clear"
    error: Meaning = "keep"


@dataclass(frozen=True)
class Standing:
    """Where a series stands. `since`: start of the breach; `fired_at`: when it fired; `clear_since`: a firing series' first
    reading without breach, while it fires on; `cause`: what the breach is."""

    state: State = State.INACTIVE
    since: datetime | None = None
    fired_at: datetime | None = None
    clear_since: datetime | None = None
    cause: Cause = "condition"


@dataclass(frozen=True)
class Change:
    """A transition and its reason, in words for the record."""

    before: State
    after: State
    reason: str


CALM = Standing()


def judge(standing: Standing, reading: Reading, policy: Policy, at: datetime) -> tuple[Standing, Change | None]:
    """Where the series stands after a reading at `at`, and what changed, None where nothing did.

    Readings must come in the order of their instants.
    """
    meaning = _meaning(reading, policy)
    if meaning == "keep":
        return standing, None
    after = _breached(standing, CAUSES.get(reading, "condition"), policy, at) if meaning == "breach" else _clear(standing, policy, at)
    if after.state == standing.state and after.cause == standing.cause:
        return after, None
    return after, Change(standing.state, after.state, _reason(standing, after, reading, policy))


def _meaning(reading: Reading, policy: Policy) -> Meaning:
    match reading:
        case Reading.BREACH:
            return "breach"
        case Reading.CLEAR:
            return "clear"
        case Reading.ABSENT:
            return policy.no_data
        case Reading.FAILED:
            return policy.error


def _breached(standing: Standing, cause: Cause, policy: Policy, at: datetime) -> Standing:
    since = standing.since if standing.state is not State.INACTIVE and standing.since else at
    if standing.state is State.FIRING or at - since >= policy.pending:
        return Standing(State.FIRING, since, standing.fired_at or at, None, cause)
    return Standing(State.PENDING, since, None, None, cause)


def _clear(standing: Standing, policy: Policy, at: datetime) -> Standing:
    if standing.state is not State.FIRING:
        return CALM
    since = standing.clear_since or at
    if at - since < policy.keep:
        return Standing(State.FIRING, standing.since, standing.fired_at, since, standing.cause)
    return CALM


def _reason(before: Standing, after: Standing, reading: Reading, policy: Policy) -> str:
    if after.state is State.PENDING:
        return f"{reading}: fires if it lasts {policy.pending}"
    if after.state is State.FIRING:
        return (
            f"{reading}: {f'lasted {policy.pending}' if policy.pending else 'fires at once'}"
            if before.state != after.state
            else f"now by {reading}"
        )
    return f"{reading}: {f'clear for {policy.keep}' if policy.keep and before.state is State.FIRING else 'the breach is over'}"
