"""Back-off for sign-in, per account and per address. Being refused does not lengthen the wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from accounts.secret import keyed_digest
from data_access.store import login_attempts, one_at_a_time, writing

FREE_FAILURES = 5  # per account, before the first wait
LONGEST_WAIT = timedelta(minutes=5)  # an attacker must not be able to lock a person out for long
MEMORY = timedelta(hours=1)  # failures older than this are forgotten
ADDRESS_FAILURES = 50  # per address and MEMORY: many accounts tried from one place
KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Attempt:
    """One try. `wait` is how long to wait instead of checking the password; zero where it may be checked."""

    id: int
    wait: timedelta = timedelta()


def begin(store: sa.Engine, account: str, address: str, *, secret: bytes, now: datetime, per_minute: int) -> Attempt:
    """Count a try and say whether the password may be checked.

    Tries of one account, and of one address, are counted one after another: at the same instant they see each other.
    """
    key = keyed_digest(secret, "account", account.strip().lower())
    row = {"account_hash": key, "address": address[:64], "at": now, "outcome": "pending"}
    with writing(store) as tx:
        one_at_a_time(tx, f"sign-in account {key}", f"sign-in address {row['address']}")
        wait = max(_account_wait(tx, key, now), _address_wait(tx, address[:64], now=now, per_minute=per_minute))
        attempt = tx.execute(sa.insert(login_attempts).values({**row, "outcome": "refused" if wait else "pending"})).inserted_primary_key
    assert attempt is not None
    return Attempt(attempt[0], wait)


def finish(store: sa.Engine, attempt: Attempt, outcome: str) -> None:
    """Record how it went: passed, failed or refused. A pass forgets the account's failures."""
    with writing(store) as tx:
        tx.execute(sa.update(login_attempts).where(login_attempts.c.id == attempt.id).values(outcome=outcome))


def purge(store: sa.Engine, now: datetime) -> int:
    """Forget attempts older than KEPT; how many."""
    with writing(store) as tx:
        return tx.execute(sa.delete(login_attempts).where(login_attempts.c.at < now - KEPT)).rowcount


def _account_wait(tx: sa.Connection, key: str, now: datetime) -> timedelta:
    """Nothing for the first FREE_FAILURES in a row, then 1, 2, 4, … seconds since the last one."""
    a = login_attempts.c
    recent = sa.and_(a.account_hash == key, a.at > now - MEMORY)
    passed = sa.select(sa.func.coalesce(sa.func.max(a.id), 0)).where(recent, a.outcome == "passed").scalar_subquery()
    failures = sa.select(sa.func.count(), sa.func.max(a.at)).where(recent, a.outcome.in_(("failed", "pending")), a.id > passed)
    count, last = tx.execute(failures).one()
    if count < FREE_FAILURES:
        return timedelta()
    until: datetime = last + min(timedelta(seconds=2 ** min(count - FREE_FAILURES, 20)), LONGEST_WAIT)
    return max(until - now, timedelta())


def _address_wait(tx: sa.Connection, address: str, *, now: datetime, per_minute: int) -> timedelta:
    a = login_attempts.c
    here = sa.select(sa.func.count()).where(a.address == address)
    if tx.scalar(here.where(a.at > now - timedelta(minutes=1), a.outcome != "refused")) >= per_minute:  # type: ignore[operator]
        return timedelta(minutes=1)
    if tx.scalar(here.where(a.at > now - MEMORY, a.outcome == "failed")) >= ADDRESS_FAILURES:  # type: ignore[operator]
        return LONGEST_WAIT
    return timedelta()
