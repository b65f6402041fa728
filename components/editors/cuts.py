"""By what an answer is cut, and who is counted."""

from __future__ import annotations

import streamlit as st

from accounts.language import Text
from components.editors.choices import choice
from components.editors.draft import Field
from components.editors.vocabulary import dimension_label, dimension_names

BY = Text("Break down by", "Ventiler par")
NONE = Text("Nothing", "Rien")
WHO = Text("Counted by", "Compté par")
PER = {"user": Text("User", "Utilisateur"), "session": Text("Session", "Session"), "account": Text("Account", "Compte")}


def breakdown(field: Field, *, label: Text = BY, most: int = 3, names: list[str] | None = None) -> None:
    """Edits a list of dimensions; `names` are those offered (default: everything events and people have)."""
    chosen = [str(name) for name in field.value or ()]
    st.session_state[field.key] = chosen
    st.multiselect(
        label[field.locale],
        list(dict.fromkeys([*chosen, *(dimension_names(field.actor) if names is None else names)])),
        format_func=lambda name: dimension_label(name, field.locale),
        key=field.key,
        placeholder=NONE[field.locale],
        max_selections=most,
        select_all=False,
        on_change=_cut,
        args=(field,),
    )


def _cut(field: Field) -> None:
    field.put(list(st.session_state[field.key]) or None)


def one_dimension(field: Field, label: Text, *, help: Text | None = None) -> None:
    """Edits the name of one dimension, or of none."""
    st.session_state[field.key] = field.value
    st.selectbox(
        label[field.locale],
        list(dict.fromkeys([*([field.value] if field.value else []), *dimension_names(field.actor)])),
        format_func=lambda name: dimension_label(name, field.locale),
        index=None,
        key=field.key,
        placeholder=NONE[field.locale],
        help=help[field.locale] if help else None,
        on_change=_one,
        args=(field,),
    )


def _one(field: Field) -> None:
    field.put(st.session_state[field.key])


def counted_by(field: Field) -> str:
    """By user, by session or by account."""
    return choice(field, WHO, PER, start="user")
