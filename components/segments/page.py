"""The page: the list, one segment or its editor, as the address says."""

from __future__ import annotations

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.segments import saved
from analytics.segments.saved import NoSegment, Segment
from components import literal, page, session, states, theme
from components.languages import languages
from components.segments import address
from components.segments.detail import detail
from components.segments.editor import editor
from components.segments.listing import listing
from data_access.clock import utc_now
from data_access.connections import store
from reports.library.segments import ABOUT, TITLE

NEW = Text("New segment", "Nouveau segment")
BACK = Text("All segments", "Tous les segments")
GONE, GONE_NEXT = (
    Text("There is no such segment", "Ce segment n’existe pas"),
    Text("It may have been deleted.", "Il a peut-être été supprimé."),
)


def show() -> None:
    """Draw for whoever is signed in."""
    actor, now = session.require(Permission.READ_KPI), utc_now()
    theme.apply()
    st.logo(str(theme.MARK), size="medium")
    languages(actor)
    wanted = address.at(address.SEGMENT) or address.at(address.EDIT)
    one = _found(actor, wanted) if wanted else None
    _head(actor, listed=not wanted and not address.at(address.NEW))
    if wanted and one is None:
        states.state(GONE[actor.locale], GONE_NEXT[actor.locale])
    elif ((one and address.at(address.EDIT)) or address.at(address.NEW)) and actor.may(Permission.BUILD):
        editor(actor, one)
    elif one:
        detail(actor, one, now)
    else:
        listing(actor, now)
    page.foot(actor)


def _found(actor: Actor, identity: str) -> Segment | None:
    try:
        return saved.find(store(), actor.tenant.key, identity)
    except NoSegment:
        return None


def _head(actor: Actor, *, listed: bool) -> None:
    locale = actor.locale
    with st.container(key="page_head", horizontal=True):
        st.html(f'<div class="vg-head"><h1>{TITLE[locale]}</h1><p>{literal.text(ABOUT[locale])}</p></div>')
        if not listed:
            st.button(BACK[locale], key="segments_back", icon=":material/arrow_back:", on_click=address.go)
        elif actor.may(Permission.BUILD):
            st.button(NEW[locale], key="segments_new", icon=":material/add:", type="primary", on_click=address.go, args=(address.NEW, "1"))
