"""Saved analyses: questions with a name, a folder and an owner, for everybody of the tenant who may read numbers.

Every verb is given the actor: what belongs to another tenant, or was deleted, is `NotFound`. Saving needs the right to build; changing and
deleting are for the owner and for administrators. What is changed says which version it was read at: another's change in between
is a `Conflict`, never lost.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from accounts.actor import Actor
from accounts.roles import Permission
from analytics.kinds import query_from_json
from analytics.query import InvalidQuery, Query, Scope, explain
from analytics.run import Forbidden
from data_access.store import actors, analyses, favourites, reading, writing

PAGE_OF = {"funnel": "funnels", "retention": "retention", "lifecycle": "retention", "stickiness": "retention", "paths": "journeys"}
ELSEWHERE = "explore"


class NotFound(LookupError):
    """There is no such analysis for this actor."""


class Conflict(RuntimeError):
    """Somebody changed the analysis since it was read."""


Name = Annotated[str, Field(min_length=1, max_length=120)]


class Content(BaseModel):
    """What is saved. `scope` is what the reader chose for the page; `view` a word of the page's own."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    description: Annotated[str, Field(max_length=2000)] = ""
    folder: Annotated[str, Field(max_length=120)] = ""
    query: dict[str, Any]
    scope: dict[str, Any] = {}
    view: Annotated[str, Field(max_length=40)] = ""
    page: Annotated[str, Field(max_length=40, pattern="^[a-z_]*$")] = ""

    @field_validator("name", "folder", "description")
    @classmethod
    def _plain(cls, text: str) -> str:
        return text.replace("\x00", "")

    @field_validator("query")
    @classmethod
    def _asked(cls, data: dict[str, Any]) -> dict[str, Any]:
        return query_from_json(data).to_json()

    @field_validator("scope")
    @classmethod
    def _chosen(cls, data: dict[str, Any]) -> dict[str, Any]:
        return Scope.model_validate(data).model_dump(mode="json", exclude_defaults=True)


def content(data: Any) -> Content:
    """The content of a JSON document. Raises InvalidQuery with the first thing wrong."""
    try:
        return Content.model_validate(data)
    except ValidationError as error:
        raise InvalidQuery(explain(error)) from None


@dataclass(frozen=True)
class Saved:
    """One saved analysis as its reader sees it."""

    id: str
    page: str
    kind: str
    name: str
    description: str
    folder: str
    owner: str
    owner_name: str
    created_at: datetime
    updated_at: datetime
    version: int
    favourite: bool
    view: str
    query: dict[str, Any] = field(hash=False)
    scope: dict[str, Any] = field(hash=False)

    def question(self) -> Query:
        """What it asks, inside its own scope. Raises InvalidQuery where the product knows it no more."""
        return query_from_json(self.query).within(Scope.model_validate(self.scope))


def may_change(actor: Actor, owner: str) -> bool:
    """The owner while they may build, and administrators."""
    return actor.may(Permission.ADMINISTER) or (actor.id == owner and actor.may(Permission.BUILD))


@dataclass(frozen=True)
class Search:
    """Which of them: those whose name, folder or description holds the text; of one page; one's favourites."""

    text: str = ""
    page: str = ""
    favourites: bool = False
    limit: int = 100
    offset: int = 0


def listed(store: sa.Engine, actor: Actor, search: Search = Search()) -> tuple[Saved, ...]:
    """Favourites first, then by folder and name."""
    _need(actor, Permission.READ_KPI)
    select = _select(actor)
    if search.text:
        wanted = f"%{_literal(search.text.lower())}%"
        texts = (analyses.c.name, analyses.c.folder, analyses.c.description)
        select = select.where(sa.or_(*(sa.func.lower(text).like(wanted, escape="\\") for text in texts)))
    if search.page:
        select = select.where(analyses.c.page == search.page)
    if search.favourites:
        select = select.where(favourites.c.actor.is_not(None))
    first = sa.case((favourites.c.actor.is_not(None), 0), else_=1)
    ordered = select.order_by(first, analyses.c.folder, sa.func.lower(analyses.c.name), analyses.c.id)
    with reading(store) as tx:
        return tuple(map(_saved, tx.execute(ordered.limit(search.limit).offset(search.offset)).mappings()))


def found(store: sa.Engine, actor: Actor, identity: str) -> Saved:
    """The analysis of that id. Raises NotFound."""
    _need(actor, Permission.READ_KPI)
    with reading(store) as tx:
        return _found(tx, actor, identity)


def create(store: sa.Engine, actor: Actor, new: Content, now: datetime) -> Saved:
    """Save it under a new id; the actor owns it."""
    _need(actor, Permission.BUILD)
    identity = secrets.token_hex(8)
    row = {"id": identity, "tenant": actor.tenant.key, "owner": actor.id, "created_at": now, "updated_at": now, "version": 1}
    with writing(store) as tx:
        tx.execute(sa.insert(analyses).values(row | _columns(new)))
        return _found(tx, actor, identity)


@dataclass(frozen=True)
class Edition:
    """New content for an analysis that was read at `version`."""

    id: str
    version: int
    content: Content


def change(store: sa.Engine, actor: Actor, edition: Edition, now: datetime) -> Saved:
    """Replace its content. Raises NotFound, Forbidden, or Conflict where it is not at that version any more."""
    with writing(store) as tx:
        before = _found(tx, actor, edition.id)
        _need_owner(actor, before)
        where = (analyses.c.id == before.id, analyses.c.tenant == actor.tenant.key, analyses.c.version == edition.version)
        values = _columns(edition.content) | {"updated_at": now, "version": edition.version + 1}
        if tx.execute(sa.update(analyses).where(*where).values(values)).rowcount != 1:
            raise Conflict(f"this analysis is at version {before.version} by now, not {edition.version}: read it again")
        return _found(tx, actor, before.id)


def delete(store: sa.Engine, actor: Actor, identity: str) -> None:
    """Raises NotFound or Forbidden."""
    with writing(store) as tx:
        before = _found(tx, actor, identity)
        _need_owner(actor, before)
        tx.execute(sa.delete(favourites).where(favourites.c.analysis == before.id))
        tx.execute(sa.delete(analyses).where(analyses.c.id == before.id, analyses.c.tenant == actor.tenant.key))


def favour(store: sa.Engine, actor: Actor, identity: str, wanted: bool) -> None:
    """Mark it as one's own favourite, or no more. Raises NotFound."""
    _need(actor, Permission.READ_KPI)
    mine = (favourites.c.actor == actor.id, favourites.c.analysis == identity)
    with writing(store) as tx:
        _found(tx, actor, identity)
        tx.execute(sa.delete(favourites).where(*mine))
        if wanted:
            tx.execute(sa.insert(favourites).values(actor=actor.id, analysis=identity))


def _need(actor: Actor, permission: Permission) -> None:
    if not actor.may(permission):
        raise Forbidden({permission})


def _need_owner(actor: Actor, before: Saved) -> None:
    _need(actor, Permission.READ_KPI)
    if not may_change(actor, before.owner):
        raise Forbidden({Permission.ADMINISTER})


def _columns(new: Content) -> dict[str, Any]:
    kind = str(new.query["kind"])
    return new.model_dump(exclude={"page"}) | {"kind": kind, "page": new.page or PAGE_OF.get(kind, ELSEWHERE)}


def _select(actor: Actor) -> sa.Select[Any]:
    """Those of the actor's tenant, with their owner's name and whether the actor marked them."""
    mine = sa.and_(favourites.c.analysis == analyses.c.id, favourites.c.actor == actor.id)
    rows = analyses.outerjoin(favourites, mine).join(actors, actors.c.id == analyses.c.owner)
    select = sa.select(analyses, actors.c.name.label("owner_name"), favourites.c.actor.is_not(None).label("favourite"))
    return select.select_from(rows).where(analyses.c.tenant == actor.tenant.key)


def _found(tx: sa.Connection, actor: Actor, identity: str) -> Saved:
    row = tx.execute(_select(actor).where(analyses.c.id == identity)).mappings().one_or_none()
    if row is None:
        raise NotFound("there is no such analysis")
    return _saved(row)


def _saved(row: Any) -> Saved:
    return Saved(**{name: row[name] for name in Saved.__dataclass_fields__ if name != "favourite"}, favourite=bool(row["favourite"]))


def _literal(text: str) -> str:
    """As LIKE takes it: no wildcards."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")
