"""The bar of saved analyses: open, save, save as, rename, describe, file, mark as favourite, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.query import InvalidQuery, Scope
from analytics.run import Forbidden
from components import literal, scope, session
from components.analysis import address
from components.analysis.address import Asked
from components.analysis.analysis import Analysis
from data_access.clock import utc_now
from data_access.connections import store
from reports import saved
from reports.reasons import FORBIDDEN, invalid
from reports.saved import Content, Edition, Saved, Search

OPEN, SAVE, SAVE_AS = Text("Open", "Ouvrir"), Text("Save", "Enregistrer"), Text("Save as…", "Enregistrer sous…")
UNSAVED = Text("Not saved", "Non enregistré")
CHANGED = Text("changed since it was saved", "modifié depuis l’enregistrement")
BY = Text("by {name}", "par {name}")
NAME, FOLDER = Text("Name", "Nom"), Text("Folder", "Dossier")
DESCRIPTION = Text("What it is for", "À quoi elle sert")
SEARCH = Text("Search by name, folder or description", "Chercher par nom, dossier ou description")
NONE_YET = Text("No saved analysis yet: build one and save it.", "Aucune analyse enregistrée : composez-en une et enregistrez-la.")
NONE_FOUND = Text("None matches.", "Aucune ne correspond.")
NO_FOLDER = Text("Without folder", "Sans dossier")
STAR, UNSTAR = Text("Mark as favourite", "Marquer comme favori"), Text("No longer a favourite", "Retirer des favoris")
DETAILS = Text("Name, folder, delete", "Nom, dossier, suppression")
KEEP, DELETE = Text("Save the details", "Enregistrer les détails"), Text("Delete", "Supprimer")
SURE = Text("Delete it for everybody", "La supprimer pour tous")
DONE = Text("“{name}” is saved.", "« {name} » est enregistré.")
DELETED = Text("“{name}” is deleted.", "« {name} » est supprimé.")
MEANWHILE = Text(
    "Somebody changed this analysis meanwhile. Open it again, or save yours under another name.",
    "Quelqu’un a modifié cette analyse entre-temps. Rouvrez-la, ou enregistrez la vôtre sous un autre nom.",
)
NAMELESS = Text("Give it a name.", "Donnez-lui un nom.")
MOST = 60


def saved_bar(of: Analysis, asked: Asked, chosen: Scope, actor: Actor) -> None:
    """Draws the bar; everything saved here is the page's question with its scope and view."""
    locale, opened = actor.locale, asked.opened
    with st.container(key="saved_bar", horizontal=True, gap="small", vertical_alignment="center"):
        popover = st.popover(OPEN[locale], icon=":material/folder_open:", key="saved_open", on_change="rerun")
        if popover.open:
            with popover:
                _list(of, actor)
        if opened:
            star = ":material/star:" if opened.favourite else ":material/star_border:"
            label = (UNSTAR if opened.favourite else STAR)[locale]
            with st.container(key="menu_star", width="content"):
                st.button(label, key="saved_star", icon=star, type="tertiary", on_click=_star, args=(actor, opened))
        st.html(f'<div class="vg-saved">{_title(asked, chosen, of, locale)}</div>')
        if actor.may(Permission.BUILD):
            _verbs(of, asked, chosen, actor)


def _title(asked: Asked, chosen: Scope, of: Analysis, locale: str) -> str:
    one = asked.opened
    if one is None:
        return f"<span>{UNSAVED[locale]}</span>"
    parts = [one.folder, BY[locale].format(name=one.owner_name)] + ([CHANGED[locale]] if _differs(of, asked, chosen) else [])
    note = literal.text(" · ".join(part for part in parts if part))
    return f'<b title="{literal.text(one.description)}">{literal.text(one.name)}</b><span>{note}</span>'


def _verbs(of: Analysis, asked: Asked, chosen: Scope, actor: Actor) -> None:
    one, locale = asked.opened, actor.locale
    mine = one is not None and saved.may_change(actor, one.owner)
    if one and mine and _differs(of, asked, chosen):
        st.button(SAVE[locale], key="saved_save", icon=":material/save:", on_click=_save, args=(of, asked, chosen, actor))
    with st.popover((SAVE_AS if one else SAVE)[locale], icon=":material/bookmark_add:", key="saved_new"):
        _new(of, asked, chosen, actor)
    if one and mine:
        place = st.container(key="menu_details", width="content")
        with place.popover(DETAILS[locale], icon=":material/more_horiz:", key="saved_details"):
            _details(one, actor)


def _current(of: Analysis, asked: Asked, chosen: Scope) -> dict[str, Any]:
    """What is on the page now, as it would be saved."""
    data = asked.query.to_json()
    if not asked.query.keeps_period:
        data.pop("period", None)
    picked = {name: value for name, value in chosen.model_dump(mode="json", exclude_defaults=True).items() if name != "grain"}
    grain = {"grain": st.query_params["grain"]} if "grain" in st.query_params and chosen.grain else {}
    word = st.query_params.get(address.VIEW, "")
    return {"query": data, "scope": picked | grain, "view": word if word in of.views else "", "page": of.name}


def _differs(of: Analysis, asked: Asked, chosen: Scope) -> bool:
    one, now = asked.opened, _current(of, asked, chosen)
    return one is not None and (now["query"], now["scope"], now["view"]) != (one.query, one.scope, one.view)


def _list(of: Analysis, actor: Actor) -> None:
    """Favourites first, then by folder; each a button that opens it."""
    locale = actor.locale
    text = st.text_input(SEARCH[locale], key="saved_search", placeholder=SEARCH[locale], label_visibility="collapsed", max_chars=120)
    rows = saved.listed(store(), actor, Search(text=text.strip(), page=of.name, limit=MOST))
    if not rows:
        st.caption((NONE_FOUND if text.strip() else NONE_YET)[locale])
    for folder, members in groupby(rows, key=lambda one: (not one.favourite, one.folder)):
        if folder != (True, "") or len({one.folder for one in rows}) > 1:
            st.html(f'<div class="vg-label">{literal.text(("★" if not folder[0] else folder[1]) or NO_FOLDER[locale])}</div>')
        _entries(members, locale)


def _entries(members: Iterable[Saved], locale: str) -> None:
    for one in members:
        hint = " · ".join(part for part in (one.description, BY[locale].format(name=one.owner_name)) if part)
        st.button(
            literal.markdown(one.name),
            key=f"saved_entry_{one.id}",
            help=literal.markdown(hint),
            type="tertiary",
            width="stretch",
            on_click=_open,
            args=(one,),
        )


def _open(one: Saved) -> None:
    """Show it: the address becomes its own."""
    for name in (*scope.NAMES, address.VIEW):
        st.query_params.pop(name, None)
    st.query_params.update(address.params(one))
    scope.remember()


def _star(actor: Actor, one: Saved) -> None:
    _tried(actor, lambda: saved.favour(store(), actor, one.id, not one.favourite))


def _new(of: Analysis, asked: Asked, chosen: Scope, actor: Actor) -> None:
    locale, one = actor.locale, asked.opened
    with st.form("saved_new_form", border=False, clear_on_submit=True):
        name = st.text_input(NAME[locale], max_chars=120, key="saved_new_name")
        folder = st.text_input(FOLDER[locale], value=one.folder if one else "", max_chars=120, key="saved_new_folder")
        about = st.text_area(DESCRIPTION[locale], max_chars=2000, key="saved_new_about", height=80)
        wanted = st.form_submit_button(SAVE[locale], type="primary", width="stretch")
    if wanted:
        words = {"name": name, "folder": folder, "description": about}
        _tried(actor, lambda: _create(actor, words | _current(of, asked, chosen)), nameless=not name.strip())
        st.rerun()


def _create(actor: Actor, data: dict[str, Any]) -> None:
    one = saved.create(store(), actor, saved.content(data), utc_now())
    _noted(actor, "create", one)
    st.query_params[address.SAVED] = one.id


def _save(of: Analysis, asked: Asked, chosen: Scope, actor: Actor) -> None:
    if one := asked.opened:
        _tried(actor, lambda: _edit(actor, one, _current(of, asked, chosen)))


def _edit(actor: Actor, one: Saved, changes: dict[str, Any]) -> None:
    data = {name: getattr(one, name) for name in Content.model_fields} | changes
    _noted(actor, "change", saved.change(store(), actor, Edition(one.id, one.version, saved.content(data)), utc_now()))


def _details(one: Saved, actor: Actor) -> None:
    locale = actor.locale
    with st.form("saved_details_form", border=False):
        name = st.text_input(NAME[locale], value=one.name, max_chars=120)
        folder = st.text_input(FOLDER[locale], value=one.folder, max_chars=120)
        about = st.text_area(DESCRIPTION[locale], value=one.description, max_chars=2000, height=80)
        wanted = st.form_submit_button(KEEP[locale], type="primary", width="stretch")
    sure = st.checkbox(SURE[locale], key=f"saved_sure_{one.id}")
    st.button(DELETE[locale], key="saved_delete", icon=":material/delete:", disabled=not sure, on_click=_delete, args=(actor, one))
    if wanted:
        words = {"name": name, "folder": folder, "description": about}
        _tried(actor, lambda: _edit(actor, one, words), nameless=not name.strip())
        st.rerun()


def _delete(actor: Actor, one: Saved) -> None:
    def gone() -> None:
        saved.delete(store(), actor, one.id)
        st.query_params.pop(address.SAVED, None)
        audit.record(store(), audit.Entry("delete_analysis", one.id, "done", actor, session.visit().address), utc_now())
        st.toast(literal.markdown(DELETED[actor.locale].format(name=one.name)))

    _tried(actor, gone)


def _noted(actor: Actor, verb: str, one: Saved) -> None:
    audit.record(store(), audit.Entry(f"{verb}_analysis", one.id, "done", actor, session.visit().address), utc_now())
    st.toast(literal.markdown(DONE[actor.locale].format(name=one.name)))


def _tried(actor: Actor, do: Callable[[], None], *, nameless: bool = False) -> None:
    """What stands against it is said in a toast."""
    try:
        if nameless:
            st.toast(NAMELESS[actor.locale])
            return
        do()
    except saved.Conflict:
        st.toast(MEANWHILE[actor.locale])
    except saved.NotFound:
        st.toast(address.GONE[actor.locale])
    except Forbidden:
        st.toast(FORBIDDEN[actor.locale])
    except InvalidQuery as error:
        st.toast(literal.markdown(invalid(error)[actor.locale]))
