"""Conditions: rows of property, operator and values, all of which (or any of which) must hold."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accounts.language import Text
from analytics.filters import MAX_LENGTH, MAX_VALUES, OPERATORS
from analytics.query import InvalidQuery
from analytics.where import event_dimension
from components import literal
from components.editors.choices import choice
from components.editors.draft import Field
from components.editors.vocabulary import dimension_label, dimension_names, known_values, value_label
from reports.reasons import invalid

PROPERTY, PICK = Text("Property", "Propriété"), Text("Choose a property", "Choisissez une propriété")
CONDITION, VALUES = Text("Condition", "Condition"), Text("Values", "Valeurs")
VALUE = Text("Value", "Valeur")
PICK_VALUE = Text("Choose or type", "Choisissez ou saisissez")
ADD, REMOVE = Text("Filter", "Filtre"), Text("Remove this filter", "Retirer ce filtre")
GROUP = Text("A group of conditions", "Un groupe de conditions")
HOLDS = {"and": Text("all of them hold", "toutes sont vraies"), "or": Text("any of them holds", "l’une d’elles est vraie")}
MATCH = Text("It counts when", "Compte lorsque")
MOST_ROWS = 20


def operator_words(name: str, locale: str) -> str:
    """`is at least`, without what stands around it."""
    return OPERATORS[name].sentence[locale].replace("{dimension} ", "").replace(" {values}", "")


def where_editor(field: Field, *, add: Text = ADD) -> None:
    """Edits the group `{"type": "and", "values": [...]}` (`analytics.where.Where`) at `field`; nothing there means no condition.

    A group inside the group stays as it is and can be taken away; its own rows are edited by giving its place to this function.
    """
    rows = field.child("values")
    if len(rows.value or ()) > 1:
        choice(field.child("type"), MATCH, HOLDS, start="and")
    for position, row in enumerate(rows.items()):
        _row(field, position, row)
    if len(rows.value or ()) < MOST_ROWS:
        st.button(add[field.locale], key=f"{field.key}_add", icon=":material/add:", type="tertiary", on_click=_add, args=(field,))


def filters_editor(field: Field, *, add: Text = ADD) -> None:
    """Edits a plain list of triples, all of which must hold, at `field`."""
    for position, row in enumerate(field.items()):
        filter_row(row, remove=_remover(field, position))
    if len(field.value or ()) < MOST_ROWS:
        st.button(
            add[field.locale], key=f"{field.key}_add", icon=":material/add:", type="tertiary", on_click=field.add, args=(["is", "", []],)
        )


def _remover(field: Field, position: int) -> Any:
    return lambda: field.remove(position) if len(field.value) > 1 else field.put(None)


def _add(field: Field) -> None:
    held = field.value or {}
    field.put({"type": held.get("type", "and"), "values": [*held.get("values", ()), ["is", "", []]]})


def _row(field: Field, position: int, row: Field) -> None:
    def remove() -> None:
        left = [item for i, item in enumerate(field.value["values"]) if i != position]
        field.put(field.value | {"values": left} if left else None)

    if isinstance(row.value, dict):
        with st.container(horizontal=True, key=f"row_{row.key}"):
            st.html(f'<p class="vg-hint">{literal.text(GROUP[field.locale])}</p>')
            _away(row, remove)
        return
    filter_row(row, remove=remove)


def filter_row(row: Field, *, remove: Any, names: list[str] | None = None) -> None:
    """One triple `[operator, dimension, values]`: what (among `names`, by default everything events have), how, and which values."""
    operator, name, _ = row.value
    with st.container(key=f"filter_{row.key}", gap="small"):
        with st.container(horizontal=True, gap="small", vertical_alignment="center", key=f"what_{row.key}"):
            _what(row, str(name), names)
            _away(row, remove)
        if name:
            with st.container(horizontal=True, gap="small", key=f"how_{row.key}"):
                _how(row, str(operator))
                _which(row, str(operator), str(name))
            _remark(row, str(name))


def _what(row: Field, name: str, names: list[str] | None) -> None:
    st.session_state[f"{row.key}_what"] = name or None
    st.selectbox(
        PROPERTY[row.locale],
        list(dict.fromkeys([*([name] if name else []), *(dimension_names(row.actor) if names is None else names)])),
        format_func=lambda one: dimension_label(one, row.locale),
        index=None,
        key=f"{row.key}_what",
        placeholder=PICK[row.locale],
        label_visibility="collapsed",
        on_change=_renamed,
        args=(row,),
    )


def _away(row: Field, remove: Any) -> None:
    with st.container(key=f"menu_{row.key}", width="content"):
        label = literal.markdown(REMOVE[row.locale])
        st.button(label, key=f"{row.key}_remove", icon=":material/close:", type="tertiary", on_click=remove)


def _renamed(row: Field) -> None:
    row.put([row.value[0], st.session_state[f"{row.key}_what"] or "", []])


def _how(row: Field, operator: str) -> None:
    st.session_state[f"{row.key}_how"] = operator
    st.selectbox(
        CONDITION[row.locale],
        list(OPERATORS),
        format_func=lambda one: operator_words(one, row.locale),
        key=f"{row.key}_how",
        label_visibility="collapsed",
        on_change=_operated,
        args=(row,),
    )


def _operated(row: Field) -> None:
    """Values stay where the new operator can use them."""
    operator = st.session_state[f"{row.key}_how"]
    before, name, values = row.value
    same = OPERATORS[operator].arity == OPERATORS[before].arity
    row.put([operator, name, values if same else []])


def _which(row: Field, operator: str, name: str) -> None:
    most = OPERATORS[operator].arity[1]
    if most == 1:
        _number(row)
    elif most > 1:
        _values(row, name)


def _number(row: Field) -> None:
    """Comparisons are of numbers."""
    held = row.value[2]
    st.session_state[f"{row.key}_number"] = _as_number(held[0]) if held else None
    st.number_input(
        VALUE[row.locale], value=None, key=f"{row.key}_number", label_visibility="collapsed", placeholder=VALUE[row.locale],
        on_change=_numbered, args=(row,),
    )  # fmt: skip


def _as_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _numbered(row: Field) -> None:
    value = st.session_state[f"{row.key}_number"]
    whole = value is not None and float(value).is_integer()
    row.put([row.value[0], row.value[1], [] if value is None else [int(value) if whole else float(value)]])


def _values(row: Field, name: str) -> None:
    chosen = [_word(value) for value in row.value[2]]
    st.session_state[f"{row.key}_values"] = chosen
    st.multiselect(
        VALUES[row.locale],
        list(dict.fromkeys([*chosen, *known_values(name, row.actor)])),
        format_func=lambda raw: value_label(name, raw, row.locale),
        key=f"{row.key}_values",
        placeholder=PICK_VALUE[row.locale],
        label_visibility="collapsed",
        accept_new_options=True,
        max_selections=MAX_VALUES,
        on_change=_valued,
        args=(row,),
    )


def _word(value: Any) -> str:
    """A value as text: what the warehouse compares."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _valued(row: Field) -> None:
    row.put([row.value[0], row.value[1], [str(v)[:MAX_LENGTH] for v in st.session_state[f"{row.key}_values"]]])


def _remark(row: Field, name: str) -> None:
    """What is wrong with the property, beside it."""
    try:
        event_dimension(name)
    except InvalidQuery as error:
        st.html(f'<p class="vg-hint vg-bad">{literal.text(invalid(error)[row.locale])}</p>')
