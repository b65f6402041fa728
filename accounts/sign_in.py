"""Check a password: back-off first, then the hash, then the trail. The same answer and time whether the person exists or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from accounts import actors, attempts, audit, passwords
from accounts.actor import Actor
from accounts.sessions import Visit


@dataclass(frozen=True)
class Rules:
    """What sign-in needs from the settings."""

    secret: bytes
    per_minute: int


@dataclass(frozen=True)
class Answer:
    """The person, or nobody; `wait` where the password was not even checked."""

    actor: Actor | None = None
    wait: timedelta = timedelta()


def sign_in(store: sa.Engine, email: str, password: str, *, visit: Visit, rules: Rules, now: datetime) -> Answer:
    """Who this is. Every try is counted and recorded; nothing tells an unknown person from a wrong password."""
    attempt = attempts.begin(store, email, visit.address, secret=rules.secret, now=now, per_minute=rules.per_minute)
    if attempt.wait:
        audit.record(store, audit.Entry("sign_in", "back_off", "refused", address=visit.address), now)
        return Answer(wait=attempt.wait)
    known = actors.password_hash(store, email) if len(email) <= 254 else None
    right = passwords.matches(password, known[1] if known else None)
    attempts.finish(store, attempt, "passed" if right else "failed")
    actor = actors.by_id(store, known[0]) if right and known else None
    about = actors.by_id(store, known[0]) if known else None
    audit.record(store, audit.Entry("sign_in", "password", "done" if actor else "refused", about, visit.address), now)
    return Answer(actor)
