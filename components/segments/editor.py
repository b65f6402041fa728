"""The editor of a segment: a form of groups and conditions, beside it who that is, as it is changed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.filters import OPERATORS
from analytics.query import InvalidQuery
from analytics.segments import saved
from analytics.segments.definition import MAX_DEPTH, Group, definition_from_json
from analytics.segments.saved import Segment
from components import literal
from components.editors import choices
from components.editors.choices import choice
from components.editors.draft import Draft, Field, completed, remembered
from components.segments import acts, address
from components.segments.conditions import FRESH, condition_fields, verb_picker
from components.segments.preview import preview
from reports.reasons import invalid

NEW_TITLE, EDIT_TITLE = Text("New segment", "Nouveau segment"), Text("Edit “{name}”", "Modifier « {name} »")
NAME, ABOUT = Text("Name", "Nom"), Text("Description", "Description")
NAMED = Text("Paying users at risk", "Payants sur le départ")
WHO = Text("Who is in", "Qui en fait partie")
HOLD = Text("People for whom", "Les personnes pour qui")
HOLDS = {"all": Text("all of this is true", "tout ceci est vrai"), "any": Text("any of this is true", "l’un de ces points est vrai")}
ADD, ADD_GROUP = Text("Condition", "Condition"), Text("Group", "Groupe")
REMOVE, GONE = Text("Remove", "Retirer"), Text("Remove the group", "Retirer le groupe")
SAVE, CANCEL = Text("Save", "Enregistrer"), Text("Cancel", "Annuler")
FREEZE = Text("Frozen: keep the members of now", "Figé : garder les membres actuels")
FREEZE_HELP = Text(
    "A dynamic segment follows the data. A frozen one keeps the people who are in it when you save.",
    "Un segment dynamique suit les données. Un segment figé garde les personnes présentes à l’enregistrement.",
)
NAMELESS = Text("Give it a name to save it.", "Donnez-lui un nom pour l’enregistrer.")
UNFINISHED = Text("Choose what the first condition is about.", "Choisissez sur quoi porte la première condition.")
MOST = 20


def editor(actor: Actor, one: Segment | None) -> None:
    """For a new segment, or for one that is there."""
    draft = Draft(f"segment_{one.id if one else 'new'}", actor, lambda changed: None)
    if remembered(draft.name) is None or draft.held.get("version") != (one.version if one else 0):
        _begin(draft, one)
    form, beside = st.columns([7, 5], gap="small")
    with form, st.container(key="card_segment_form"):
        title = EDIT_TITLE[actor.locale].format(name=one.name) if one else NEW_TITLE[actor.locale]
        st.html(f'<div class="vg-title"><h2>{literal.text(title)}</h2></div>')
        choices.words(draft.field("name"), NAME, placeholder=NAMED[actor.locale], most=saved.MAX_NAME)
        choices.words(draft.field("description"), ABOUT, most=saved.MAX_DESCRIPTION)
        st.html(f'<div class="vg-label">{WHO[actor.locale]}</div>')
        group_editor(draft.field("definition"), itself=one.id if one else "")
    definition, why = meant(draft.data["definition"], actor.locale)
    with beside:
        preview(definition, why, actor)
        _keep(draft, one, definition)


def _begin(draft: Draft, one: Segment | None) -> None:
    fresh: dict[str, Any] = {"kind": "all", "of": [dict(FRESH["did"])]}
    held = {"name": one.name, "description": one.description, "definition": one.definition.to_json()} if one else {"definition": fresh}
    draft.hold(held, version=one.version if one else 0)


def group_editor(group: Field, *, itself: str, depth: int = 1) -> None:
    """Edits the group of conditions at `group`, groups inside it included."""
    parts = group.child("of")
    if len(parts.value) > 1:
        choice(group.child("kind"), HOLD, HOLDS, start="all")
    for position in range(len(parts.value)):
        _part(parts, position, itself=itself, depth=depth)
    _add(parts, depth)


def _part(parts: Field, position: int, *, itself: str, depth: int) -> None:
    part = parts.child(position)
    inner = part.value.get("kind") in HOLDS
    with st.container(key=f"part_{'group' if inner else 'leaf'}_{part.key}", gap="small", border=True):
        with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key=f"away_{part.key}"):
            if not inner:
                verb_picker(part)
            _remove(parts, position, inner)
        if inner:
            group_editor(part, itself=itself, depth=depth + 1)
        else:
            condition_fields(part, itself=itself)


def _remove(parts: Field, position: int, inner: bool) -> None:
    label = (GONE if inner else REMOVE)[parts.locale]
    alone = len(parts.value) == 1 and parts.path == ("definition", "of")
    st.button(
        label, key=f"{parts.key}_gone_{position}", icon=":material/close:", type="tertiary", disabled=alone,
        on_click=_removed, args=(parts, position),
    )  # fmt: skip


def _removed(parts: Field, position: int) -> None:
    """A group left without a condition goes too."""
    if len(parts.value) > 1:
        parts.remove(position)
        return
    *_, above, place, _ = ("", *parts.path)
    outer = Field(parts.draft, parts.path[:-2])
    if above and isinstance(place, int):
        outer.remove(place)


def _add(parts: Field, depth: int) -> None:
    if len(parts.value) >= MOST:
        return
    with st.container(horizontal=True, gap="small", key=f"add_{parts.key}"):
        fresh = dict(FRESH["did"])
        st.button(ADD[parts.locale], key=f"{parts.key}_more", icon=":material/add:", type="tertiary", on_click=parts.add, args=(fresh,))
        if depth < MAX_DEPTH:
            group = {"kind": "any", "of": [dict(FRESH["did"]), dict(FRESH["did"])]}
            st.button(
                ADD_GROUP[parts.locale], key=f"{parts.key}_nest", icon=":material/account_tree:", type="tertiary",
                on_click=parts.add, args=(group,),
            )  # fmt: skip


def meant(data: Any, locale: str) -> tuple[Group | None, str]:
    """What the form says so far, without the conditions that are not chosen yet; or why it says nothing that can be asked."""
    whole = _whole(completed(data))
    if whole is None:
        return None, UNFINISHED[locale]
    try:
        return definition_from_json(whole), ""
    except InvalidQuery as error:
        return None, invalid(error)[locale]


def _whole(node: Any) -> dict[str, Any] | None:
    """The node without unfinished parts, None where nothing is left."""
    if not isinstance(node, dict):
        return None
    if node.get("kind") in HOLDS:
        parts = [part for one in node.get("of", ()) if (part := _whole(one)) is not None]
        return node | {"of": parts} if parts else None
    return node if _finished(node) else None


def _finished(node: dict[str, Any]) -> bool:
    match node.get("kind"):
        case "did" | "stopped" | "first_time":
            return "event" in node
        case "sequence":
            return len(node.get("steps", ())) > 1
        case "property":
            of = node.get("filter")
            return isinstance(of, list) and bool(of[1]) and len(of[2]) >= OPERATORS[of[0]].arity[0]
        case "segment":
            return bool(node.get("id"))
        case _:
            return True


def _keep(draft: Draft, one: Segment | None, definition: Group | None) -> None:
    actor, locale = draft.actor, draft.locale
    if not actor.may(Permission.BUILD):
        return
    name = str(draft.data.get("name") or "").strip()
    frozen = bool(draft.data.get("frozen", one is not None and one.frozen_at is not None))
    with st.container(key="card_segment_keep"):
        choices.toggle(draft.field("frozen"), FREEZE, start=one is not None and one.frozen_at is not None, help=FREEZE_HELP)
        if not name:
            choices.said(NAMELESS[locale])
        with st.container(horizontal=True, gap="small"):
            st.button(
                SAVE[locale], key="segment_save", type="primary", disabled=not name or definition is None,
                on_click=_save, args=(draft, one, definition, frozen),
            )  # fmt: skip
            back = (address.SEGMENT, one.id) if one else ()
            st.button(CANCEL[locale], key="segment_cancel", on_click=_leave, args=(draft, back))


def _leave(draft: Draft, back: tuple[str, ...]) -> None:
    draft.held["version"] = -1
    address.go(*back)


def _save(draft: Draft, one: Segment | None, definition: Group | None, frozen: bool) -> None:
    if definition is None:
        return
    content = saved.Draft(str(draft.data.get("name") or ""), definition, str(draft.data.get("description") or ""))
    if one:
        acts.change(draft.actor, (one.id, draft.held["version"]), content, frozen=frozen)
    else:
        acts.create(draft.actor, content, frozen=frozen)
    if not st.query_params.get(address.EDIT) and not st.query_params.get(address.NEW):
        draft.held["version"] = -1
