"""“Make a segment”: the people behind a number, kept under a name, following the data or as they are now."""

from __future__ import annotations

from hashlib import sha256

import orjson
import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.people_query import People
from analytics.query import InvalidQuery
from analytics.segments import saved
from analytics.segments.definition import Behind, Group, definition_from_json
from analytics.segments.saved import Draft
from components import literal
from components.segments import acts
from reports.reasons import invalid

MAKE, NAME, SAVE = Text("Make a segment", "Créer un segment"), Text("Name", "Nom"), Text("Save", "Enregistrer")
KINDS = {
    "dynamic": Text("Dynamic: whoever is behind this number at the time", "Dynamique : ceux derrière ce nombre à chaque instant"),
    "frozen": Text("Frozen: the people of now", "Figé : les personnes actuelles"),
}
KIND = Text("Members", "Membres")
NAMELESS = Text("Give it a name.", "Donnez-lui un nom.")
OPEN = Text("Open it", "L’ouvrir")
MADE = Text("“{name}” is saved.", "« {name} » est enregistré.")


def make_segment(query: People, actor: Actor) -> None:
    """A button that opens a small form, for those who may build; wherever a list of people is shown. Works inside dialogs."""
    definition = meant(query)
    if definition is None or not actor.may(Permission.BUILD):
        return
    locale, key = actor.locale, "make_" + sha256(orjson.dumps(definition.to_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    with st.popover(MAKE[locale], icon=":material/group_add:", key=key):
        name = st.text_input(NAME[locale], key=f"{key}_name", max_chars=saved.MAX_NAME)
        kind = st.radio(KIND[locale], list(KINDS), format_func=lambda one: KINDS[one][locale], key=f"{key}_kind")
        if st.button(SAVE[locale], key=f"{key}_save", type="primary", width="stretch"):
            _make(actor, Draft(name, definition), frozen=kind == "frozen")


def meant(query: People) -> Group | None:
    """The people of the list, without its search, as a definition that can be asked again; None where they are no users, or nothing
    narrows them."""
    whole = query.model_copy(update={"search": None, "offset": 0, "limit": 100})
    if whole.of is None and not whole.filters:
        return None
    try:
        return definition_from_json(Group(of=(Behind(people=whole),)).to_json())
    except (InvalidQuery, ValueError):
        return None


def _make(actor: Actor, draft: Draft, *, frozen: bool) -> None:
    """What stands against it is said right there."""
    if not draft.name.strip():
        st.html(f'<p class="vg-hint vg-bad">{NAMELESS[actor.locale]}</p>')
        return
    try:
        one = acts.made(actor, draft, frozen=frozen)
    except (InvalidQuery, PermissionError) as error:
        said = invalid(error)[actor.locale] if isinstance(error, InvalidQuery) else str(error)
        st.html(f'<p class="vg-hint vg-bad">{literal.text(said)}</p>')
        return
    said = literal.text(MADE[actor.locale].format(name=one.name))
    st.html(f'<p class="vg-hint">{said} <a href="segments?segment={one.id}" target="_self">{OPEN[actor.locale]}</a></p>')
