"""Segments as they are kept: found, made, changed, deleted, each only within its tenant, with every version they had."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from accounts.actor import Actor
from accounts.roles import Permission
from analytics import segment_names as names
from analytics.segments.definition import Group, InvalidSegment, definition_from_json, mentions, permissions
from data_access.store import actors, analyses, one_at_a_time, reading, segment_versions, segments, writing

MOST = 500  # of one tenant
MAX_NAME, MAX_DESCRIPTION = 120, 500


class NoSegment(InvalidSegment):
    """The tenant has no such segment."""

    def __init__(self, identity: str) -> None:
        super().__init__(f"there is no segment “{identity[:60]}”", f"il n’y a pas de segment « {identity[:60]} »")


class StaleSegment(InvalidSegment):
    """Somebody else changed it since it was read."""


@dataclass(frozen=True)
class Segment:
    """A saved segment. `frozen_at`: its members are those of that instant; None where they follow the data."""

    id: str
    name: str
    description: str
    definition: Group
    version: int
    owner: str | None
    owner_name: str
    frozen_at: datetime | None
    frozen_version: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Draft:
    """What somebody wants to keep."""

    name: str
    definition: Group
    description: str = ""


@dataclass(frozen=True)
class Version:
    """How a segment was: since `at`, by whose hand."""

    version: int
    name: str
    description: str
    definition: Group
    frozen_at: datetime | None
    actor_name: str
    at: datetime


Users = Callable[[sa.Engine, int, str], list[str]]


def _analyses(store: sa.Engine, tenant: int, identity: str) -> list[str]:
    """Ids are random, so that finding one anywhere in a question means that it is named there."""
    a = analyses.c
    named = sa.or_(*(sa.cast(column, sa.Text).contains(identity, autoescape=True) for column in (a.query, a.scope)))
    with reading(store) as tx:
        return list(tx.scalars(sa.select(a.name).where(a.tenant == tenant, named).order_by(a.name)))


USED_BY: Mapping[str, Users] = {"analysis": _analyses}
"""What else may name a segment: kind of thing -> (store, tenant, id) -> names of those that do. Deleting asks all of them."""


def listed(store: sa.Engine, tenant: int) -> tuple[Segment, ...]:
    """All of the tenant's, by name."""
    with reading(store) as tx:
        rows = tx.execute(_selected().where(segments.c.tenant == tenant).order_by(segments.c.name_folded)).mappings().all()
    return tuple(_segment(row) for row in rows)


def find(store: sa.Engine, tenant: int, identity: str) -> Segment:
    """The tenant's segment of that id; raises NoSegment, also for another tenant's."""
    with reading(store) as tx:
        return _found(tx, tenant, identity)


def create(store: sa.Engine, actor: Actor, draft: Draft, now: datetime) -> Segment:
    """Keep a new segment. Raises InvalidSegment; PermissionError where the actor may not build or may not read what it speaks of."""
    _allowed(actor, draft.definition)
    identity = secrets.token_hex(8)
    with writing(store) as tx:
        _steady(tx, actor)
        if (tx.scalar(sa.select(sa.func.count()).where(segments.c.tenant == actor.tenant.key)) or 0) >= MOST:
            raise InvalidSegment(f"there are {MOST} segments already: delete one first", f"il y a déjà {MOST} segments : supprimez-en un")
        kept = _kept(tx, actor, identity, draft)
        first = {"id": identity, "tenant": actor.tenant.key, "owner": actor.id, "version": 1, "created_at": now, "updated_at": now}
        tx.execute(sa.insert(segments).values(first | kept))
        _remember(tx, actor, identity, now)
        return _found(tx, actor.tenant.key, identity)


def change(store: sa.Engine, actor: Actor, known: tuple[str, int], draft: Draft, *, now: datetime) -> Segment:
    """Replace the segment `known` (id, the version its editor had read) by the draft. It follows the data from then on, frozen or not
    before. Raises StaleSegment where it was changed meanwhile, NoSegment, InvalidSegment, PermissionError."""
    _allowed(actor, draft.definition)
    identity, version = known
    with writing(store) as tx:
        _steady(tx, actor)
        _unchanged(tx, actor, identity, version)
        kept = _kept(tx, actor, identity, draft) | {"frozen_at": None, "frozen_version": None}
        return _update(tx, actor, identity, kept, now=now)


def rename(store: sa.Engine, actor: Actor, known: tuple[str, int], draft: tuple[str, str], *, now: datetime) -> Segment:
    """Another name and description for the segment `known` (id, version), its members untouched. Raises as `change` does."""
    _allowed(actor)
    with writing(store) as tx:
        _steady(tx, actor)
        now_is = _unchanged(tx, actor, *known)
        kept = _kept(tx, actor, known[0], Draft(draft[0], now_is.definition, draft[1]))
        return _update(tx, actor, known[0], kept, now=now)


def may_change(store: sa.Engine, actor: Actor, known: tuple[str, int]) -> Segment:
    """The segment as it is, if the actor may change it and `known` (id, version) is current. Raises as `change` does."""
    _allowed(actor)
    with reading(store) as tx:
        return _unchanged(tx, actor, *known)


def mark_frozen(store: sa.Engine, actor: Actor, known: tuple[str, int], now: datetime) -> Segment:
    """From now on its members are those that the warehouse keeps under the next version."""
    _allowed(actor)
    with writing(store) as tx:
        _steady(tx, actor)
        _unchanged(tx, actor, *known)
        return _update(tx, actor, known[0], {"frozen_at": now, "frozen_version": known[1] + 1}, now=now)


def delete(store: sa.Engine, actor: Actor, identity: str) -> Segment:
    """Forget it and its versions; what it was. Raises InvalidSegment naming what still uses it, NoSegment."""
    _allowed(actor)
    elsewhere = [f"{kind} “{name}”" for kind, users in USED_BY.items() for name in users(store, actor.tenant.key, identity)]
    with writing(store) as tx:
        _steady(tx, actor)
        gone = _found(tx, actor.tenant.key, identity)
        others = [s.name for s in _all(tx, actor.tenant.key).values() if identity in mentions(s.definition)]
        used = [*(f"segment “{name}”" for name in others), *elsewhere]
        if used:
            raise InvalidSegment(*_still_used(gone.name, used[:10]))
        tx.execute(sa.delete(segment_versions).where(segment_versions.c.segment == identity))
        tx.execute(sa.delete(segments).where(segments.c.id == identity))
    return gone


def _still_used(name: str, used: list[str]) -> tuple[str, str]:
    french = [one.replace("segment “", "le segment « ").replace("analysis “", "l’analyse « ").replace("”", " »") for one in used]
    return (
        f"“{name}” is used by {', '.join(used)}: change those first",
        f"« {name} » est utilisé par {', '.join(french)} : modifiez-les d’abord",
    )


def versions(store: sa.Engine, tenant: int, identity: str) -> tuple[Version, ...]:
    """How it was, newest first. Raises NoSegment."""
    v = segment_versions.c
    with reading(store) as tx:
        _found(tx, tenant, identity)
        named = sa.select(segment_versions, actors.c.name.label("actor_name")).join(actors, actors.c.id == v.actor, isouter=True)
        rows = tx.execute(named.where(v.segment == identity).order_by(v.version.desc())).mappings().all()
    return tuple(
        Version(**{n: r[n] for n in ("version", "name", "description", "frozen_at", "at")},
                definition=Group.model_validate(r["definition"]), actor_name=r["actor_name"] or "")
        for r in rows
    )  # fmt: skip


def _selected() -> sa.Select[Any]:
    return sa.select(segments, actors.c.name.label("owner_name")).join(actors, actors.c.id == segments.c.owner, isouter=True)


def _segment(row: Any) -> Segment:
    names.remember(row["id"], row["name"])
    plain = {name: row[name] for name in Segment.__dataclass_fields__ if name not in ("definition", "owner_name")}
    return Segment(**plain, definition=Group.model_validate(row["definition"]), owner_name=row["owner_name"] or "")


def _found(tx: sa.Connection, tenant: int, identity: str) -> Segment:
    row = tx.execute(_selected().where(segments.c.tenant == tenant, segments.c.id == identity)).mappings().first()
    if row is None:
        raise NoSegment(identity)
    return _segment(row)


def _all(tx: sa.Connection, tenant: int) -> dict[str, Segment]:
    rows = tx.execute(_selected().where(segments.c.tenant == tenant)).mappings().all()
    return {row["id"]: _segment(row) for row in rows}


def _allowed(actor: Actor, definition: Group | None = None) -> None:
    needed = {Permission.BUILD} | (permissions(definition) if definition else set())
    if missing := needed - actor.permissions:
        raise PermissionError(f"this needs the permission {', '.join(sorted(missing))}: ask an administrator")


def _steady(tx: sa.Connection, actor: Actor) -> None:
    """Names, versions and cycles are judged by what others wrote: one change of the tenant's segments at a time."""
    one_at_a_time(tx, f"segments {actor.tenant.key}")


def _unchanged(tx: sa.Connection, actor: Actor, identity: str, version: int) -> Segment:
    now_is = _found(tx, actor.tenant.key, identity)
    if now_is.version != version:
        raise StaleSegment(
            f"“{now_is.name}” was changed by somebody else meanwhile (version {now_is.version}): load it again",
            f"« {now_is.name} » a été modifié entre-temps (version {now_is.version}) : rouvrez-le",
        )
    return now_is


def _kept(tx: sa.Connection, actor: Actor, identity: str, draft: Draft) -> dict[str, Any]:
    """The columns of a draft that may be kept."""
    name, description = " ".join(draft.name.split()), draft.description.strip()
    if not 0 < len(name) <= MAX_NAME or len(description) > MAX_DESCRIPTION:
        raise InvalidSegment(f"a segment has a name of 1 to {MAX_NAME} characters and a description of at most {MAX_DESCRIPTION}")
    others = _all(tx, actor.tenant.key)
    if any(s.name.casefold() == name.casefold() and s.id != identity for s in others.values()):
        raise InvalidSegment(
            f"there is a segment “{name}” already: choose another name", f"il y a déjà un segment « {name} » : choisissez un autre nom"
        )
    definition = definition_from_json(draft.definition.to_json())
    _acyclic(identity, name, definition, others)
    folded = name.casefold()[:240]
    return {"name": name, "name_folded": folded, "description": description, "definition": definition.to_json()}


def _acyclic(identity: str, name: str, definition: Group, others: Mapping[str, Segment]) -> None:
    """Raise InvalidSegment where following the segments it is made of leads back to it, or to one that is not there."""

    def walk(tree: Group, path: tuple[str, ...]) -> None:
        for one in mentions(tree):
            if one == identity:
                circle = " → ".join((*path, name))
                raise InvalidSegment(
                    f"a segment cannot be made of itself: {circle}", f"un segment ne peut pas être fait de lui-même : {circle}"
                )
            if one not in others:
                raise NoSegment(one)
            walk(others[one].definition, (*path, others[one].name))

    walk(definition, (name,))


def _update(tx: sa.Connection, actor: Actor, identity: str, kept: dict[str, Any], *, now: datetime) -> Segment:
    tx.execute(sa.update(segments).where(segments.c.id == identity).values(kept | {"version": segments.c.version + 1, "updated_at": now}))
    _remember(tx, actor, identity, now)
    return _found(tx, actor.tenant.key, identity)


def _remember(tx: sa.Connection, actor: Actor, identity: str, now: datetime) -> None:
    s, v = segments.c, segment_versions.c
    same = [s.id, s.version, s.name, s.description, s.definition, s.frozen_at, sa.literal(actor.id), sa.literal(now, v.at.type)]
    columns = [v.segment, v.version, v.name, v.description, v.definition, v.frozen_at, v.actor, v.at]
    tx.execute(sa.insert(segment_versions).from_select(columns, sa.select(*same).where(s.id == identity)))
