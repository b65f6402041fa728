"""Every segment of the company with its size, and how several overlap."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.segment_size import SegmentSize
from analytics.query import InvalidQuery, Scope
from analytics.run import run
from analytics.segments import saved
from analytics.segments.saved import Segment
from components import literal, states
from components.panel import panel_card
from data_access.clock import naive_utc
from data_access.connections import store
from data_access.errors import WarehouseError
from reports import dates, words
from reports.library.segments import overlap_panel
from reports.segments import speaker

NONE = Text("No segment yet", "Aucun segment")
NONE_NEXT = Text(
    "A segment is a group of people, such as those who stopped. Make one with New segment, or from the people behind any number.",
    "Un segment est un groupe de personnes, par exemple celles qui ont arrêté. "
    "Créez-en un avec Nouveau segment, ou depuis les personnes derrière un nombre.",
)
NONE_READ = Text("Nobody has made one.", "Personne n’en a créé.")
SEGMENT, SIZE, KIND = Text("Segment", "Segment"), Text("People", "Personnes"), Text("Kind", "Nature")
OWNER, UPDATED = Text("Owner", "Propriétaire"), Text("Updated", "Modifié")
DYNAMIC, FROZEN = Text("Dynamic", "Dynamique"), Text("Frozen", "Figé")
COMPARE = Text("Overlap of two to six segments", "Recouvrement de deux à six segments")
CHOOSE = Text("Choose two or more", "Choisissez-en deux ou plus")
SEARCH, AT_ONCE = Text("Search by name", "Chercher par nom"), 50
MOST = 6


def listing(actor: Actor, now: datetime) -> None:
    """The table, then the overlap of those chosen."""
    every, locale = saved.listed(store(), actor.tenant.key), actor.locale
    if not every:
        states.state(NONE[locale], (NONE_NEXT if actor.may(Permission.BUILD) else NONE_READ)[locale])
        return
    with st.container(key="card_segments"):
        shown = _searched(every, locale) if len(every) > 10 else every
        st.html(_table(shown[:AT_ONCE], actor, now))
    if len(every) > 1:
        _overlap(every, locale)


def _searched(every: tuple[Segment, ...], locale: str) -> tuple[Segment, ...]:
    text = st.text_input(SEARCH[locale], key="segments_search", placeholder=SEARCH[locale], label_visibility="collapsed", max_chars=120)
    return tuple(one for one in every if text.strip().casefold() in one.name.casefold())


def _table(shown: tuple[Segment, ...], actor: Actor, now: datetime) -> str:
    heads = (SEGMENT, SIZE, KIND, OWNER, UPDATED)
    head = "".join(f'<th scope="col"{_right(i == 1)}>{text[actor.locale]}</th>' for i, text in enumerate(heads))
    body = "".join(_row(one, actor, now) for one in shown)
    return f'<div class="vg-scroll" tabindex="0"><table class="vg-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _right(numeric: bool) -> str:
    return ' class="vg-num"' if numeric else ""


def _row(one: Segment, actor: Actor, now: datetime) -> str:
    """The name leads to the segment."""
    said = speaker(actor).segment(one.definition)
    link = literal.text(f"segments?{urlencode({'segment': one.id})}")
    about = f'<b>{literal.text(one.name)}</b><small title="{literal.text(said)}">{literal.text(said)}</small>'
    who = f'<td class="vg-person vg-segment"><a href="{link}" target="_self">{about}</a></td>'
    kind = (FROZEN if one.frozen_at else DYNAMIC)[actor.locale]
    updated = dates.instant(naive_utc(one.updated_at), actor.tenant, actor.locale, now)
    cells = (size(one, actor, now), kind, one.owner_name or words.MISSING, updated)
    return f"<tr>{who}{''.join(f'<td{_right(i == 0)}>{literal.text(cell)}</td>' for i, cell in enumerate(cells))}</tr>"


def size(one: Segment, actor: Actor, now: datetime) -> str:
    """How many, in words; a dash where that cannot be said now."""
    try:
        return words.count(run(SegmentSize(segment=one.id), actor, now).value("segment_users") or 0.0, actor.locale, "exact")
    except (InvalidQuery, WarehouseError):
        return words.MISSING


def _overlap(every: tuple[Segment, ...], locale: str) -> None:
    names = {one.id: one.name for one in every}
    with st.container(key="segments_overlap_choice", gap="small"):
        chosen = st.multiselect(
            COMPARE[locale],
            list(names), default=list(names)[:3], format_func=lambda one: literal.markdown(names[one]),
            key="segments_overlap", max_selections=MOST, placeholder=CHOOSE[locale],
        )  # fmt: skip
        if len(chosen) > 1:
            panel_card(overlap_panel(tuple(chosen)), Scope())
