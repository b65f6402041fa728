"""The pages a reader may open, as Streamlit's navigation."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accounts.actor import Actor
from components import session
from pages import PAGES, Page


def choose(actor: Actor | None) -> Any:
    """Register every page and return the one the address asks for.

    All of them are registered also for people who are signed out or not allowed: the address must survive the sign-in.
    """
    locale = actor.locale if actor else session.browser_locale()
    sections: dict[str, list[Any]] = {"": [_home(actor)]}
    for page in PAGES.values():
        seen = actor is not None and may(actor, page) and not page.hidden
        section = page.section[locale] if page.section else ""
        sections.setdefault(section, []).append(_streamlit_page(page, locale, seen))
    return st.navigation(sections, position="sidebar" if actor else "hidden", expanded=True)


def allowed(chosen: Any, actor: Actor) -> bool:
    """Whether the reader may open the chosen page; draws why not. Hidden pages are reachable by address."""
    page = next((page for page in PAGES.values() if page.url == chosen.url_path), None)
    if page is None or may(actor, page):
        return True
    session.refuse(actor, page.url)
    return False


def may(actor: Actor, page: Page) -> bool:
    return page.permission is None or actor.may(page.permission)


def _streamlit_page(page: Page, locale: str, seen: bool) -> Any:
    return st.Page(page.path, title=page.title[locale], icon=page.icon, url_path=page.url, visibility="visible" if seen else "hidden")


def home(actor: Actor | None) -> Page:
    """The first page the reader may open."""
    return next((page for page in PAGES.values() if actor and page.permission and may(actor, page)), PAGES["account"])


def _home(actor: Actor | None) -> Any:
    """`/` leads there, with whatever the address says."""

    def go() -> None:
        st.switch_page(home(actor).path, query_params=dict(st.query_params))

    return st.Page(go, title="Vigie", url_path="home", default=True, visibility="hidden")
