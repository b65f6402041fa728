"""API tokens: `vgt_<id>_<secret>`. The secret is shown once and kept hashed; a token may do at most what its owner may."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from accounts import tenants
from accounts.actor import Actor
from accounts.roles import Permission
from accounts.secret import digest
from data_access.store import actors, reading, tokens, writing
from data_access.store import tenants as tenant_rows

PREFIX = "vgt"
_NOBODY = digest("the secret of no token")
_TOUCH_EVERY = timedelta(minutes=1)


class InvalidToken(ValueError):
    """The token cannot be made; the message says why."""


@dataclass(frozen=True)
class Token:
    """A token as it is listed: everything but its secret."""

    id: str
    name: str
    actor: str
    permissions: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class Bearer:
    """Whom a request speaks for, and through which token."""

    token: str
    actor: Actor


def create(
    store: sa.Engine, owner: Actor, name: str, permissions: Iterable[str], *, now: datetime, expires: datetime | None = None
) -> tuple[str, Token]:
    """A new token and how it is listed. Raises InvalidToken for permissions the owner does not hold."""
    wanted = _permissions(owner, permissions)
    identity, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = {
        "id": identity,
        "tenant": owner.tenant.key,
        "actor": owner.id,
        "name": name.strip()[:120] or identity,
        "secret_hash": digest(secret),
        "permissions": wanted,
        "created_at": now,
        "expires_at": expires,
    }
    with writing(store) as tx:
        tx.execute(sa.insert(tokens).values(row))
    return f"{PREFIX}_{identity}_{secret}", Token(identity, str(row["name"]), owner.id, tuple(wanted), now, expires, None, None)


def authenticate(store: sa.Engine, presented: str, now: datetime) -> Bearer | None:
    """Whom this token speaks for. Unknown, malformed, revoked, expired and another's token: the same work, the same nothing."""
    prefix, _, rest = presented[:200].partition("_")
    identity, _, secret = rest.partition("_")
    row = _find(store, identity)
    right = hmac.compare_digest(digest(secret), row[tokens.c.secret_hash] if row else _NOBODY)
    if row is None or not right or prefix != PREFIX or not _usable(row, now):
        return None
    _touch(store, row, now)
    person = {name: row[actors.c[name]] for name in ("id", "name", "email")}
    scopes = frozenset(Permission(p) for p in row[tokens.c.permissions])
    return Bearer(identity, Actor(tenant=tenants.of_row(row), roles=frozenset(row[actors.c.roles]), scopes=scopes, **person))


def listed(store: sa.Engine, tenant: int, *, limit: int = 100, after: str = "") -> tuple[Token, ...]:
    """The tenant's tokens by id, revoked ones included; `after` is the last id of the page before."""
    question = sa.select(tokens).where(tokens.c.tenant == tenant, tokens.c.id > after).order_by(tokens.c.id).limit(limit)
    with reading(store) as tx:
        return tuple(_token(row) for row in tx.execute(question).mappings())


def revoke(store: sa.Engine, tenant: int, identity: str, now: datetime) -> bool:
    """End a token; False where the tenant has none of that id that is still good."""
    which = (tokens.c.tenant == tenant, tokens.c.id == identity, tokens.c.revoked_at.is_(None))
    with writing(store) as tx:
        return tx.execute(sa.update(tokens).where(*which).values(revoked_at=now)).rowcount == 1


def narrowed(owner: Actor, permissions: Iterable[str]) -> Actor:
    """The owner with no more than these permissions."""
    return replace(owner, scopes=frozenset(Permission(p) for p in _permissions(owner, permissions)))


def _permissions(owner: Actor, permissions: Iterable[str]) -> list[str]:
    wanted = sorted({str(p) for p in permissions})
    beyond = [p for p in wanted if p not in owner.permissions]
    if beyond or not wanted:
        known = ", ".join(sorted(owner.permissions))
        raise InvalidToken(f"{'no permission given' if not wanted else f'“{beyond[0][:40]}” is not yours to give'}: choose among {known}")
    return wanted


def _find(store: sa.Engine, identity: str) -> sa.RowMapping | None:
    joined = tokens.join(actors, actors.c.id == tokens.c.actor).join(tenant_rows, tenant_rows.c.key == tokens.c.tenant)
    with reading(store) as tx:
        question = sa.select(tokens, actors, tenant_rows).select_from(joined).where(tokens.c.id == identity)
        return tx.execute(question).mappings().one_or_none()


def _usable(row: sa.RowMapping, now: datetime) -> bool:
    expires: datetime | None = row[tokens.c.expires_at]
    in_time = expires is None or expires > now
    return in_time and row[tokens.c.revoked_at] is None and bool(row[actors.c.active])


def _touch(store: sa.Engine, row: sa.RowMapping, now: datetime) -> None:
    last: datetime | None = row[tokens.c.last_used_at]
    if last is None or now - last > _TOUCH_EVERY:
        with writing(store) as tx:
            tx.execute(sa.update(tokens).where(tokens.c.id == row[tokens.c.id]).values(last_used_at=now))


def _token(row: Any) -> Token:
    fields = ("id", "name", "actor", "created_at", "expires_at", "revoked_at", "last_used_at")
    return Token(permissions=tuple(row["permissions"]), **{name: row[name] for name in fields})
