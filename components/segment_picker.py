"""The segment of a page: chosen beside the filters, compared beside the periods, said as a chip."""

from __future__ import annotations

import re

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.query import Scope
from analytics.segments import saved
from analytics.segments.definition import SEGMENT_ID
from analytics.segments.saved import NoSegment
from components import literal
from data_access.connections import store
from reports.dates import REST

SEGMENT, EVERYBODY = Text("Segment", "Segment"), Text("Everybody", "Tout le monde")
ONLY = Text("Only “{name}”", "Seulement « {name} »")
VERSUS = Text("Segment “{name}”", "Segment « {name} »")
REMOVE = Text("Show everybody again", "Revenir à tout le monde")
OTHER = "segment:"


def exists(identity: str, actor: Actor) -> bool:
    """Whether the reader's company has a segment of that id."""
    if not re.match(SEGMENT_ID, identity):
        return False
    try:
        return bool(saved.find(store(), actor.tenant.key, identity))
    except NoSegment:
        return False


def names(actor: Actor) -> dict[str, str]:
    """Every segment of the company, by id."""
    return {one.id: one.name for one in saved.listed(store(), actor.tenant.key)}


def segment_picker(current: Scope, actor: Actor) -> None:
    """One segment or everybody; writes the address. Nothing where there are none."""
    from components import scope

    known, locale = names(actor), actor.locale
    if not known:
        return
    st.session_state["scope_segment"] = current.segment if current.segment in known else ""

    def chosen() -> None:
        """Without a segment there is no rest to compare with."""
        picked = st.session_state["scope_segment"] or None
        scope.change(segment=picked, **({"compare": "previous"} if current.compare == "rest" and not picked else {}))

    st.selectbox(
        SEGMENT[locale],
        ["", *known],
        format_func=lambda one: literal.markdown(known[one]) if one else EVERYBODY[locale],
        key="scope_segment",
        on_change=chosen,
    )


def comparisons(current: Scope, actor: Actor) -> dict[str, Text]:
    """What a number can stand beside because of segments: the rest, or another of up to eight."""
    known = names(actor)
    found = {"rest": REST} if current.segment else {}
    others = [one for one in known if one != current.segment][:8] if current.segment else []
    if current.compare and current.compare.startswith(OTHER):
        others = list(dict.fromkeys([*others, current.compare.removeprefix(OTHER)]))
    return found | {OTHER + one: VERSUS.format(name=known.get(one, one)) for one in others}


def segment_chip(current: Scope, actor: Actor) -> None:
    """The segment in words; removable."""
    from components import scope

    if current.segment is None:
        return
    name = names(actor).get(current.segment, current.segment)
    compare = {"compare": "previous"} if current.compare == "rest" else {}
    st.button(
        literal.markdown(ONLY[actor.locale].format(name=name)),
        key="chip_segment",
        icon=":material/close:",
        icon_position="right",
        help=REMOVE[actor.locale],
        on_click=lambda: scope.change(segment=None, **compare),
    )
