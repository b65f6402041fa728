"""People who sign in: added, changed, and loaded as `accounts.actor.Actor`. A change of password or roles ends their sign-ins."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts import passwords, sessions, tenants
from accounts.actor import Actor
from accounts.language import DEFAULT_LOCALE, LOCALES
from accounts.roles import ROLES
from data_access.store import actors, preferences, reading, writing
from data_access.store import tenants as tenant_rows

_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,189}$")


class InvalidActor(ValueError):
    """The person cannot be added or changed; the message says why."""


@dataclass(frozen=True)
class NewActor:
    """What is needed to add a person. Without a password they cannot sign in until one is set."""

    tenant: str
    email: str
    name: str
    roles: tuple[str, ...]
    password: str | None = None


@dataclass(frozen=True)
class Listed:
    """A person as `vigie user list` shows them."""

    id: str
    email: str
    name: str
    tenant: str
    roles: tuple[str, ...]
    active: bool


def add(store: sa.Engine, new: NewActor, now: datetime) -> Actor:
    """Add a person; raises InvalidActor, WeakPassword or UnknownTenant."""
    tenant = tenants.by_slug(store, new.tenant)
    email = _email(new.email)
    row = {
        "id": uuid.uuid4().hex,
        "tenant": tenant.key,
        "email": email,
        "name": new.name.strip()[:200] or email,
        "password_hash": passwords.hashed(new.password) if new.password is not None else None,
        "roles": _roles(new.roles),
        "active": True,
        "created_at": now,
        "password_changed_at": now if new.password is not None else None,
    }
    try:
        with writing(store) as tx:
            tx.execute(sa.insert(actors).values(row))
    except sa.exc.IntegrityError:
        raise InvalidActor(f"there is already a person with the address {email}") from None
    return Actor(str(row["id"]), str(row["name"]), tenant, frozenset(new.roles), email=email)


def by_id(store: sa.Engine, actor_id: str, locale: str | None = None) -> Actor | None:
    """The active person with this id, speaking the language they chose, else `locale`, else English."""
    return _load(store, actors.c.id == actor_id, locale)


def by_email(store: sa.Engine, email: str) -> Actor | None:
    """The active person with this address."""
    return _load(store, actors.c.email == email.strip().lower(), None)


def _load(store: sa.Engine, which: sa.ColumnElement[bool], locale: str | None) -> Actor | None:
    chosen = sa.and_(preferences.c.actor == actors.c.id, preferences.c.name == "locale")
    joined = actors.join(tenant_rows, tenant_rows.c.key == actors.c.tenant).outerjoin(preferences, chosen)
    question = sa.select(actors, tenant_rows, preferences.c.value.label("locale")).select_from(joined).where(which, actors.c.active)
    with reading(store) as tx:
        row = tx.execute(question).mappings().one_or_none()
    if row is None:
        return None
    person = {name: row[actors.c[name]] for name in ("id", "name", "email")}
    language = row["locale"] or locale or DEFAULT_LOCALE
    return Actor(tenant=tenants.of_row(row), roles=frozenset(row[actors.c.roles]), locale=language, **person)


def password_hash(store: sa.Engine, email: str) -> tuple[str, str | None] | None:
    """(actor id, hash) of the active person with this address."""
    question = sa.select(actors.c.id, actors.c.password_hash).where(actors.c.email == email.strip().lower(), actors.c.active)
    with reading(store) as tx:
        row = tx.execute(question).one_or_none()
    return (row.id, row.password_hash) if row else None


def every(store: sa.Engine, tenant: str | None = None) -> tuple[Listed, ...]:
    """Everybody, of one tenant or of all, by address."""
    columns = (actors.c.id, actors.c.email, actors.c.name, tenant_rows.c.slug, actors.c.roles, actors.c.active)
    question = sa.select(*columns).join(tenant_rows, tenant_rows.c.key == actors.c.tenant).order_by(actors.c.email)
    if tenant is not None:
        question = question.where(tenant_rows.c.slug == tenant)
    with reading(store) as tx:
        return tuple(Listed(r.id, r.email, r.name, r.slug, tuple(r.roles), r.active) for r in tx.execute(question))


def set_password(store: sa.Engine, actor_id: str, password: str, now: datetime) -> None:
    """A new password; every sign-in of the person ends. Raises WeakPassword."""
    _change(store, actor_id, {"password_hash": passwords.hashed(password), "password_changed_at": now})
    sessions.revoke_all(store, actor_id, "password", now)


def set_roles(store: sa.Engine, actor_id: str, roles: Iterable[str], now: datetime) -> None:
    """New roles; every sign-in of the person ends. Raises InvalidActor."""
    _change(store, actor_id, {"roles": _roles(roles)})
    sessions.revoke_all(store, actor_id, "roles", now)


def set_active(store: sa.Engine, actor_id: str, active: bool, now: datetime) -> None:
    """Shut a person out, or let them in again."""
    _change(store, actor_id, {"active": active})
    sessions.revoke_all(store, actor_id, "active", now)


def set_locale(store: sa.Engine, actor_id: str, locale: str) -> None:
    """Remember the language a person chose. Raises InvalidActor for one the product does not speak."""
    if locale not in LOCALES:
        raise InvalidActor(f"the languages are {', '.join(LOCALES)}")
    prefer(store, actor_id, "locale", locale)


def prefer(store: sa.Engine, actor_id: str, name: str, value: Any) -> None:
    """Remember what a person chose."""
    which = (preferences.c.actor == actor_id, preferences.c.name == name)
    with writing(store) as tx:
        tx.execute(sa.delete(preferences).where(*which))
        tx.execute(sa.insert(preferences).values(actor=actor_id, name=name, value=value))


def preference(store: sa.Engine, actor_id: str, name: str) -> Any:
    """What a person chose; None where they did not."""
    with reading(store) as tx:
        return tx.scalar(sa.select(preferences.c.value).where(preferences.c.actor == actor_id, preferences.c.name == name))


def _change(store: sa.Engine, actor_id: str, values: dict[str, Any]) -> None:
    with writing(store) as tx:
        if not tx.execute(sa.update(actors).where(actors.c.id == actor_id).values(values)).rowcount:
            raise InvalidActor("there is no such person")


def _email(email: str) -> str:
    cleaned = email.strip().lower()
    if not _EMAIL.match(cleaned):
        raise InvalidActor(f"“{email[:80]}” is not an e-mail address")
    return cleaned


def _roles(roles: Iterable[str]) -> list[str]:
    wanted = sorted(set(roles))
    unknown = [role for role in wanted if role not in ROLES]
    if unknown or not wanted:
        raise InvalidActor(f"{'no role given' if not wanted else 'unknown role ' + unknown[0][:40]}: use {', '.join(ROLES)}")
    return wanted
