"""What can be done to segments from pages: each is recorded, said in a toast, and what stands against it is said too."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from analytics.query import InvalidQuery
from analytics.segments import saved
from analytics.segments.saved import Draft, Segment
from components import literal, session
from components.segments import address
from data_access.clock import utc_now
from data_access.connections import store
from data_access.errors import WarehouseError
from ingest import freezing
from reports.reasons import FORBIDDEN, invalid, reason

SAVED, FROZEN = Text("“{name}” is saved.", "« {name} » est enregistré."), Text("“{name}” is frozen.", "« {name} » est figé.")
DELETED = Text("“{name}” is deleted.", "« {name} » est supprimé.")
COPY = Text("{name} (copy)", "{name} (copie)")


def create(actor: Actor, draft: Draft, *, frozen: bool = False) -> None:
    """A new segment, shown when made."""
    _tried(actor, lambda: address.go(address.SEGMENT, made(actor, draft, frozen=frozen).id))


def made(actor: Actor, draft: Draft, *, frozen: bool) -> Segment:
    """A new segment. Raises InvalidSegment, PermissionError, WarehouseError."""
    one = saved.create(store(), actor, draft, utc_now())
    _noted(actor, "create_segment", one, SAVED)
    if frozen:
        _froze(actor, one)
    return one


def change(actor: Actor, known: tuple[str, int], draft: Draft, *, frozen: bool = False) -> None:
    """The edited segment in place of the one that was read."""

    def made() -> None:
        one = saved.change(store(), actor, known, draft, now=utc_now())
        _noted(actor, "change_segment", one, SAVED)
        if frozen:
            _froze(actor, one)
        address.go(address.SEGMENT, one.id)

    _tried(actor, made)


def duplicate(actor: Actor, one: Segment) -> None:
    """A copy that follows the data, opened in the editor."""

    def made() -> None:
        name = COPY[actor.locale].format(name=one.name)[: saved.MAX_NAME]
        copy = saved.create(store(), actor, Draft(name, one.definition, one.description), utc_now())
        _noted(actor, "create_segment", copy, SAVED)
        address.go(address.EDIT, copy.id)

    _tried(actor, made)


def freeze(actor: Actor, one: Segment) -> None:
    """Its members stay those of now."""
    _tried(actor, lambda: _froze(actor, one))


def thaw(actor: Actor, one: Segment) -> None:
    """Its members follow the data again."""

    def made() -> None:
        draft = Draft(one.name, one.definition, one.description)
        _noted(actor, "change_segment", saved.change(store(), actor, (one.id, one.version), draft, now=utc_now()), SAVED)

    _tried(actor, made)


def delete(actor: Actor, one: Segment) -> None:
    """Gone for everybody, unless something still uses it."""

    def made() -> None:
        _noted(actor, "delete_segment", freezing.forget(actor, one.id), DELETED)
        address.go()

    _tried(actor, made)


def _froze(actor: Actor, one: Segment) -> None:
    _noted(actor, "freeze_segment", freezing.freeze(actor, (one.id, one.version), utc_now()), FROZEN)


def _noted(actor: Actor, verb: str, one: Segment, said: Text) -> None:
    audit.record(store(), audit.Entry(verb, f"segment {one.id}", "done", actor, session.visit().address), utc_now())
    st.toast(literal.markdown(said[actor.locale].format(name=one.name)))


def _tried(actor: Actor, do: Callable[[], None]) -> None:
    try:
        do()
    except PermissionError:
        st.toast(FORBIDDEN[actor.locale])
    except InvalidQuery as error:
        st.toast(literal.markdown(invalid(error)[actor.locale]), icon=":material/error:")
    except WarehouseError as error:
        st.toast(literal.markdown(reason(error)[0][actor.locale]), icon=":material/error:")
