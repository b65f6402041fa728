"""Adding a filter: a dimension, is or is not, and values that exist; or a property of events."""

from __future__ import annotations

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import DIMENSIONS, PROPERTY, dimension
from analytics.filters import Filter, InvalidFilter
from analytics.kinds.aggregate import Aggregate
from analytics.period import Period
from analytics.query import InvalidQuery, Scope
from analytics.run import Forbidden, run
from components import literal, scope
from data_access.clock import utc_now
from data_access.warehouse import QueryBudgetExceeded, WarehouseUnavailable
from reports import words
from reports.reasons import invalid

OFFERED = ("plan", "country", "device", "channel", "kind")
OPERATORS = {"is": Text("is", "est"), "is_not": Text("is not", "n’est pas")}
WHAT, HOW, VALUES = Text("Filter on", "Filtrer sur"), Text("Condition", "Condition"), Text("Values", "Valeurs")
A_PROPERTY = Text("Event property…", "Propriété d’événement…")
NAME, EQUALS = Text("Property", "Propriété"), Text("Value", "Valeur")
ADD = Text("Add the filter", "Ajouter le filtre")
NONE = Text("No value is known yet.", "Aucune valeur connue pour l’instant.")
PICK = Text("Choose…", "Choisir…")
MOST = 100


@st.fragment
def filter_form(current: Scope, actor: Actor) -> None:
    """Only this form reruns while it is filled in; adding reruns the page."""
    locale = actor.locale
    options = [*OFFERED, PROPERTY]
    if "filter_on" not in st.session_state:
        st.session_state["filter_on"] = next((name for name in OFFERED if _known(name, actor)), PROPERTY)
    st.selectbox(
        WHAT[locale], options, format_func=lambda n: A_PROPERTY[locale] if n == PROPERTY else DIMENSIONS[n].label[locale], key="filter_on"
    )
    st.segmented_control(
        HOW[locale],
        list(OPERATORS),
        default="is",
        required=True,
        format_func=lambda n: OPERATORS[n][locale],
        key="filter_how",
        label_visibility="collapsed",
    )
    name = st.session_state["filter_on"]
    ready = _property(locale) if name == PROPERTY else _values(name, actor)
    if st.button(ADD[locale], key="filter_add", type="primary", width="stretch", disabled=not ready, on_click=_add, args=(current, locale)):
        st.rerun(scope="app")


def _property(locale: str) -> bool:
    name = st.text_input(NAME[locale], key="filter_property", max_chars=200)
    value = st.text_input(EQUALS[locale], key="filter_value", max_chars=500)
    return bool(name and value)


def _values(name: str, actor: Actor) -> bool:
    known = _known(name, actor)
    if not known:
        st.caption(NONE[actor.locale])
        return False
    of = dimension(name)
    chosen = st.multiselect(
        VALUES[actor.locale],
        known,
        format_func=lambda raw: words.slice_name(of, raw, actor.locale),
        key=f"filter_values_{name}",
        placeholder=PICK[actor.locale],
    )
    return bool(chosen)


def _known(name: str, actor: Actor) -> list[str]:
    """Values of the dimension in the last twelve months, the most frequent first; of money where usage has none."""
    for metric in ("active_users", "revenue") if actor.may(Permission.READ_MONEY) else ("active_users",):
        query = Aggregate(metrics=(metric,), by=(name,), period=Period("12m"), limit=MOST, totals=False)
        try:
            frame = run(query, actor, utc_now()).frame
        except (Forbidden, InvalidQuery, QueryBudgetExceeded, WarehouseUnavailable):
            continue
        if values := [str(raw) for raw in dict.fromkeys(frame[name]) if raw]:
            return values
    return []


def _add(current: Scope, locale: str) -> None:
    state = st.session_state
    name, how = state["filter_on"], state.get("filter_how") or "is"
    values = (state["filter_value"],) if name == PROPERTY else tuple(state[f"filter_values_{name}"])
    try:
        added = Filter(how, PROPERTY + state["filter_property"] if name == PROPERTY else name, values)
    except InvalidFilter as error:
        st.toast(literal.markdown(invalid(error)[locale]))
        return
    scope.change(filters=tuple(dict.fromkeys((*current.filters, added))))
