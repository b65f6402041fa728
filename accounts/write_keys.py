"""Write keys: a key decides whose events they are, and can do nothing but write. Kept hashed."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken

from accounts import tenants
from accounts.actor import Tenant
from accounts.secret import digest
from data_access.store import reading, write_keys, writing
from data_access.store import tenants as tenant_rows

PREFIX = "vgw_"
SHORTEST, LONGEST = 16, 200  # of a key brought from another product


class BadWriteKey(ValueError):
    """The key cannot be used; the message says why."""


@dataclass(frozen=True)
class WriteKey:
    """A key as it is listed: everything but the key."""

    id: str
    name: str
    created_at: datetime
    revoked_at: datetime | None
    signed: bool  # a webhook's signing secret is kept beside it
    sealed_key: str | None = None  # the key, for `unseal`; None where it was made before keys were kept


@dataclass(frozen=True)
class Holder:
    """Whose events a key brings."""

    id: str
    tenant: Tenant
    sealed_secret: str | None = None


@dataclass(frozen=True)
class NewKey:
    """`key`: one that clients already hold, of 16 characters or more; `secret`: a webhook's signing secret."""

    name: str
    key: str | None = None
    secret: str | None = None


def create(store: sa.Engine, tenant: Tenant, new: NewKey, sealer: bytes | None = None, *, now: datetime) -> str:
    """A new key. `sealer` (the secret of the settings) encrypts the signing secret, and the key itself so that
    its company can read it again; without it neither is kept. Raises BadWriteKey."""
    chosen = new.key or PREFIX + secrets.token_urlsafe(24)
    if len(chosen) < SHORTEST or len(chosen) > LONGEST or not chosen.isascii() or ":" in chosen:
        raise BadWriteKey(f"a key has {SHORTEST} to {LONGEST} plain characters and no colon")
    row = {
        "id": secrets.token_hex(8),
        "tenant": tenant.key,
        "name": new.name.strip()[:120] or "write key",
        "key_hash": digest(chosen),
        "sealed_secret": seal(sealer, new.secret) if sealer and new.secret else None,
        "sealed_key": seal(sealer, chosen) if sealer else None,
        "created_at": now,
    }
    _insert(store, row)
    return chosen


def _insert(store: sa.Engine, row: dict[str, Any]) -> None:
    try:
        with writing(store) as tx:
            tx.execute(sa.insert(write_keys).values(row))
    except sa.exc.IntegrityError:
        raise BadWriteKey("this key is in use already") from None


def rotate(store: sa.Engine, tenant: Tenant, identity: str, sealer: bytes, *, now: datetime) -> str:
    """A second key of the same name and signing secret; the first goes on working until it is revoked. Raises BadWriteKey."""
    k = write_keys.c
    with reading(store) as tx:
        row = tx.execute(sa.select(write_keys).where(k.tenant == tenant.key, k.id == identity, k.revoked_at.is_(None))).one_or_none()
    if row is None:
        raise BadWriteKey("there is no such key, or it is revoked")
    secret = unseal(sealer, row.sealed_secret) if row.sealed_secret else None
    return create(store, tenant, NewKey(row.name, None, secret), sealer, now=now)


def listed(store: sa.Engine, tenant: int) -> tuple[WriteKey, ...]:
    """The tenant's keys, newest first, revoked ones included."""
    k = write_keys.c
    with reading(store) as tx:
        rows = tx.execute(sa.select(write_keys).where(k.tenant == tenant).order_by(k.created_at.desc(), k.id)).all()
    return tuple(WriteKey(row.id, row.name, row.created_at, row.revoked_at, row.sealed_secret is not None, row.sealed_key) for row in rows)


def revoke(store: sa.Engine, tenant: int, identity: str, now: datetime) -> bool:
    """End a key; False where the tenant has none of that id that is still good."""
    k = write_keys.c
    with writing(store) as tx:
        which = sa.update(write_keys).where(k.tenant == tenant, k.id == identity, k.revoked_at.is_(None))
        return tx.execute(which.values(revoked_at=now)).rowcount == 1


def active(store: sa.Engine) -> dict[str, Holder]:
    """Every key that is good, by its hash."""
    joined = write_keys.join(tenant_rows, tenant_rows.c.key == write_keys.c.tenant)
    question = sa.select(write_keys, tenant_rows).select_from(joined).where(write_keys.c.revoked_at.is_(None))
    with reading(store) as tx:
        rows = tx.execute(question).mappings().all()
    k = write_keys.c
    return {row[k.key_hash]: Holder(row[k.id], tenants.of_row(row), row[k.sealed_secret]) for row in rows}


def seal(secret: bytes, value: str) -> str:
    """A signing secret as it is stored."""
    return _box(secret).encrypt(value.encode()).decode()


def unseal(secret: bytes, sealed: str) -> str | None:
    """The signing secret; None where SECRET_KEY has changed since."""
    try:
        return _box(secret).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(secret: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"write keys\0" + secret).digest()))
