"""The language switch at the foot of the side bar."""

from __future__ import annotations

import streamlit as st

from accounts.actor import Actor
from accounts.language import LOCALES, Text
from components import session

NAMES = {"en": "EN", "fr": "FR"}
LANGUAGE = Text("Language", "Langue")


def languages(actor: Actor) -> None:
    """Remembered for the person, on every device."""

    def chosen() -> None:
        if wanted := st.session_state.get("language"):
            session.choose_locale(actor, wanted)

    st.session_state["language"] = actor.locale
    with st.sidebar, st.container(key="side_foot"):
        st.segmented_control(
            LANGUAGE[actor.locale], LOCALES, format_func=NAMES.__getitem__, key="language", on_change=chosen, label_visibility="collapsed"
        )
