"""Sign-ins live on the server: the browser holds an opaque id, the store its hash, and every run asks the store.

A sign-in is made by the script run that checked the password, where no cookie can be set. So the run hands the
browser a ticket (once, 30 seconds, this browser only), and the browser exchanges it for the cookie at a route.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from accounts.secret import digest
from data_access.store import actors, reading, sessions, writing

TICKET_SECONDS = 30
COOKIE = "vigie_session"
VISIT_COOKIE = "vigie_visit"
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Visit:
    """Where a request comes from: the browser's visit cookie, its address and its own description."""

    cookie: str = ""
    address: str = ""
    agent: str = ""


@dataclass(frozen=True)
class Started:
    """A new sign-in: `id` names it inside the server, `ticket` goes to the browser once."""

    id: str
    ticket: str


def start(store: sa.Engine, actor_id: str, visit: Visit, *, now: datetime, hours: float) -> Started:
    """Begin a sign-in for somebody whose password was just checked."""
    started = Started(uuid.uuid4().hex, secrets.token_urlsafe(32))
    row = {
        "id": started.id,
        "actor": actor_id,
        "ticket_hash": digest(started.ticket),
        "ticket_until": now + timedelta(seconds=TICKET_SECONDS),
        "visit_hash": digest(visit.cookie),
        "created_at": now,
        "expires_at": now + timedelta(hours=hours),
        "address": visit.address[:64],
        "agent": visit.agent[:300],
    }
    with writing(store) as tx:
        tx.execute(sa.insert(sessions).values(row))
    return started


def exchange(store: sa.Engine, ticket: str, visit: Visit, now: datetime) -> tuple[str, datetime] | None:
    """The cookie for a ticket, and when it expires; None for a ticket that is used, late, unknown or another browser's."""
    cookie = secrets.token_urlsafe(32)
    s = sessions.c
    valid = (s.ticket_hash == digest(ticket), s.visit_hash == digest(visit.cookie), s.ticket_until > now, s.revoked_at.is_(None))
    with writing(store) as tx:
        expires = tx.scalar(sa.select(s.expires_at).where(*valid))
        if expires is None:
            return None
        tx.execute(sa.update(sessions).where(*valid).values(cookie_hash=digest(cookie), ticket_hash=None))
    return cookie, expires


def awaits_exchange(store: sa.Engine, session_id: str, now: datetime) -> bool:
    """True while the browser has not yet fetched its cookie and still can."""
    s = sessions.c
    with reading(store) as tx:
        row = tx.scalar(sa.select(s.id).where(s.id == session_id, s.ticket_hash.is_not(None), s.ticket_until > now))
    return row is not None


def by_cookie(store: sa.Engine, cookie: str, now: datetime) -> tuple[str, str] | None:
    """(session id, actor id) of a live sign-in, from what the browser sent; None for anything else."""
    return _live(store, sessions.c.cookie_hash == digest(cookie), now) if 20 <= len(cookie) <= 100 else None


def by_id(store: sa.Engine, session_id: str, now: datetime) -> tuple[str, str] | None:
    """(session id, actor id) of a live sign-in, from the id kept inside the server."""
    return _live(store, sessions.c.id == session_id, now)


def _live(store: sa.Engine, which: sa.ColumnElement[bool], now: datetime) -> tuple[str, str] | None:
    s = sessions.c
    live = (s.revoked_at.is_(None), s.expires_at > now, actors.c.active)
    with reading(store) as tx:
        row = tx.execute(sa.select(s.id, s.actor).join(actors, actors.c.id == s.actor).where(which, *live)).one_or_none()
    return (row.id, row.actor) if row else None


@dataclass(frozen=True)
class Listed:
    """A live sign-in as its owner sees it."""

    id: str
    started: datetime
    expires: datetime
    address: str
    agent: str


def live(store: sa.Engine, actor_id: str, now: datetime) -> tuple[Listed, ...]:
    """A person's live sign-ins, the newest first."""
    s = sessions.c
    question = sa.select(s.id, s.created_at, s.expires_at, s.address, s.agent).order_by(s.created_at.desc())
    with reading(store) as tx:
        rows = tx.execute(question.where(s.actor == actor_id, s.revoked_at.is_(None), s.expires_at > now)).all()
    return tuple(Listed(row.id, row.created_at, row.expires_at, row.address, row.agent) for row in rows)


def revoke(store: sa.Engine, session_id: str, why: str, now: datetime) -> None:
    """End one sign-in; its cookie is refused from now on."""
    _revoke(store, sessions.c.id == session_id, why, now)


def revoke_cookie(store: sa.Engine, cookie: str, why: str, now: datetime) -> None:
    """End the sign-in of this cookie, if it has one."""
    _revoke(store, sessions.c.cookie_hash == digest(cookie), why, now)


def revoke_all(store: sa.Engine, actor_id: str, why: str, now: datetime, *, keep: str = "") -> None:
    """End every sign-in of a person (but the one called `keep`): on a new password, new roles, or when they are shut out."""
    _revoke(store, sa.and_(sessions.c.actor == actor_id, sessions.c.id != keep), why, now)


def _revoke(store: sa.Engine, which: sa.ColumnElement[bool], why: str, now: datetime) -> None:
    with writing(store) as tx:
        tx.execute(sa.update(sessions).where(which, sessions.c.revoked_at.is_(None)).values(revoked_at=now, revoked_why=why[:40]))


def purge(store: sa.Engine, now: datetime) -> int:
    """Forget sign-ins that ended more than KEPT ago; how many."""
    over = sa.or_(sessions.c.expires_at < now - KEPT, sessions.c.revoked_at < now - KEPT)
    with writing(store) as tx:
        return tx.execute(sa.delete(sessions).where(over)).rowcount
