"""The channels of a tenant: settings sealed in the store, secrets never read back by people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa
from pydantic import BaseModel, SecretStr, ValidationError

from accounts.actor import Actor
from accounts.roles import Permission
from accounts.write_keys import seal, unseal
from analytics.query import explain
from analytics.run import Forbidden
from data_access.store import channels, reading, writing
from delivery.channels import CHANNELS
from delivery.channels.channel import ChannelSettings

KEPT = "********"  # what a form shows for a secret; given back, it means: as before


class InvalidChannel(ValueError):
    """The channel cannot be kept; the message says what to change."""


class NotFound(LookupError):
    """There is no such channel for this actor."""


@dataclass(frozen=True)
class KeptChannel:
    """A channel as people see it: no secret in it."""

    id: str
    kind: str
    name: str
    enabled: bool
    version: int
    shown: Mapping[str, Any]


@dataclass(frozen=True)
class New:
    kind: str
    name: str
    settings: Mapping[str, Any]


def listed(store: sa.Engine, actor: Actor, secret: bytes) -> tuple[KeptChannel, ...]:
    """The channels of the actor's tenant, by name."""
    _need(actor, Permission.READ_HEALTH)
    with reading(store) as tx:
        rows = tx.execute(sa.select(channels).where(channels.c.tenant == actor.tenant.key).order_by(channels.c.name)).mappings().all()
    return tuple(
        KeptChannel(row["id"], row["kind"], row["name"], row["enabled"], row["version"], shown(_opened(row, secret))) for row in rows
    )


def add(store: sa.Engine, actor: Actor, new: New, secret: bytes, *, now: datetime) -> str:
    """The id of a new channel. Raises InvalidChannel."""
    _need(actor, Permission.ACT_ON_ALERTS)
    settings, name = _settings(new.kind, new.settings), new.name.strip()[:120]
    if not name:
        raise InvalidChannel("give the channel a name")
    identity = uuid.uuid4().hex
    row = {"id": identity, "tenant": actor.tenant.key, "kind": new.kind, "name": name, "settings": _sealed(settings, secret)}
    with writing(store) as tx:
        if tx.scalar(sa.select(channels.c.id).where(channels.c.tenant == actor.tenant.key, channels.c.name == name)):
            raise InvalidChannel(f"there is a channel named “{name}” already")
        tx.execute(sa.insert(channels).values(**row, enabled=True, version=1, created_at=now, updated_at=now))
    return identity


def change(store: sa.Engine, actor: Actor, identity: str, changes: Mapping[str, Any], *, secret: bytes, now: datetime) -> None:
    """New settings (a secret given as KEPT stays), or `enabled`. Raises NotFound or InvalidChannel."""
    _need(actor, Permission.ACT_ON_ALERTS)
    with writing(store) as tx:
        row = _row(tx, actor, identity)
        values: dict[str, Any] = {"version": row["version"] + 1, "updated_at": now}
        if "enabled" in changes:
            values["enabled"] = bool(changes["enabled"])
        if "settings" in changes:
            values["settings"] = _sealed(_settings(row["kind"], _filled(changes["settings"], _opened(row, secret))), secret)
        tx.execute(sa.update(channels).where(channels.c.id == identity).values(values))


def remove(store: sa.Engine, actor: Actor, identity: str) -> None:
    """Forget the channel and its secrets. Raises NotFound."""
    _need(actor, Permission.ACT_ON_ALERTS)
    with writing(store) as tx:
        _row(tx, actor, identity)
        tx.execute(sa.delete(channels).where(channels.c.id == identity))


def opened(tx: sa.Connection, tenant: int, identity: str, secret: bytes) -> tuple[str, ChannelSettings] | None:
    """Kind and settings of an enabled channel, for sending; None where it is gone, switched off or cannot be unsealed."""
    row = (
        tx.execute(sa.select(channels).where(channels.c.id == identity, channels.c.tenant == tenant, channels.c.enabled)).mappings().first()
    )
    if row is None:
        return None
    try:
        return row["kind"], _opened(row, secret)
    except InvalidChannel:
        return None


def shown(settings: ChannelSettings) -> dict[str, Any]:
    """The settings as JSON with KEPT in the place of every secret."""
    return {name: _hidden(value) for name, value in settings}


def _hidden(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return KEPT
    if isinstance(value, tuple | list):
        return [_hidden(one) for one in value]
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _filled(given: Mapping[str, Any], before: ChannelSettings) -> dict[str, Any]:
    plain = _plain(before)
    return {name: plain.get(name) if value == KEPT or value == [KEPT] else value for name, value in given.items()}


def _plain(settings: ChannelSettings) -> dict[str, Any]:
    return {name: _revealed(value) for name, value in settings}


def _revealed(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return [_revealed(one) for one in value] if isinstance(value, tuple | list) else value


def _settings(kind: str, given: Mapping[str, Any]) -> ChannelSettings:
    if kind not in CHANNELS:
        raise InvalidChannel(f"there is no kind of channel “{kind[:40]}”: one of {', '.join(CHANNELS)}")
    try:
        return CHANNELS[kind].model.model_validate(dict(given))
    except ValidationError as error:
        raise InvalidChannel(explain(error)) from None


def _sealed(settings: ChannelSettings, secret: bytes) -> str:
    return seal(secret, orjson.dumps(_plain(settings)).decode())


def _opened(row: sa.RowMapping, secret: bytes) -> ChannelSettings:
    plain = unseal(secret, row["settings"])
    if plain is None:
        raise InvalidChannel(f"the settings of “{row['name']}” were sealed with another SECRET_KEY: enter them again")
    return _settings(row["kind"], orjson.loads(plain))


def _row(tx: sa.Connection, actor: Actor, identity: str) -> sa.RowMapping:
    row = tx.execute(sa.select(channels).where(channels.c.id == identity, channels.c.tenant == actor.tenant.key)).mappings().first()
    if row is None:
        raise NotFound(identity)
    return row


def _need(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission):
        raise Forbidden((permission,))
