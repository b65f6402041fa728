"""The head of the Data page and its parts, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from components import literal, states
from components.data import aside, keys, names, plan, sources
from data_access.errors import WarehouseError

TITLE = Text("Data", "Données")
CONTEXT = Text(
    "What comes in, from where, how fresh it is, and whether it is what was agreed",
    "Ce qui arrive, d’où, avec quelle fraîcheur, et si c’est bien ce qui était convenu",
)
PARTS: dict[str, tuple[Text, Callable[[Actor, datetime], None]]] = {
    "sources": (Text("Sources", "Sources"), sources.show),
    "events": (Text("Events", "Événements"), names.show),
    "plan": (Text("Tracking plan", "Plan de marquage"), plan.show),
    "quarantine": (Text("Quarantine", "Quarantaine"), aside.show),
    "keys": (Text("Keys and SDKs", "Clés et SDK"), keys.show),
}
PART = Text("Part", "Partie")


def show(actor: Actor, now: datetime) -> None:
    """The part that the address names."""
    locale = actor.locale
    with st.container(key="page_head", horizontal=True):
        st.html(f'<div class="vg-head"><h1>{literal.text(TITLE[locale])}</h1><p>{literal.text(CONTEXT[locale])}</p></div>')
    if st.session_state.get("part") not in PARTS:
        wanted = st.query_params.get("part", "")
        st.session_state["part"] = wanted if wanted in PARTS else "sources"
    chosen = st.segmented_control(
        PART[locale],
        list(PARTS),
        key="part",
        required=True,
        format_func=lambda name: PARTS[name][0][locale],
        label_visibility="collapsed",
        on_change=lambda: st.query_params.update(part=st.session_state["part"]),
    )
    try:
        PARTS[chosen or "sources"][1](actor, now)
    except WarehouseError as error:
        states.failure(error, locale)
