"""Who a definition means right now: how many, what share, a few of them."""

from __future__ import annotations

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.segment_members import SegmentMembers
from analytics.kinds.segment_size import SegmentSize
from analytics.query import InvalidQuery
from analytics.result import Result
from analytics.run import Forbidden, run
from analytics.segments.definition import Group
from components import literal, states
from components.people import table_html
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports import words
from reports.segments import speaker

TITLE = Text("Right now", "En ce moment")
PEOPLE, ONE = Text("people", "personnes"), Text("person", "personne")
OF = Text("{share} of {total} known", "{share} des {total} connues")
SOME = Text("For instance", "Par exemple")
SAMPLE = 5


def preview(definition: Group | None, why: str, actor: Actor) -> None:
    """A card; `why` is said while nothing can be asked."""
    with st.container(key="card_segment_preview"):
        st.html(f'<div class="vg-title"><h2>{TITLE[actor.locale]}</h2></div>')
        if definition is None:
            states.state(words.MISSING, why)
            return
        try:
            result = run(SegmentSize(definition=definition), actor, utc_now())
            st.html(size_html(result, actor.locale))
            st.html(f'<p class="vg-fact">{literal.text(speaker(actor).segment(definition))}</p>')
            _some(definition, actor)
        except (Forbidden, InvalidQuery, WarehouseError) as error:
            states.failure(error, actor.locale)


def size_html(result: Result, locale: str) -> str:
    """The number, large, and the share below."""
    size = result.value("segment_users")
    number = words.value(size, result.metrics[0].unit, locale, style="exact")
    share = words.value(result.value("segment_share"), result.metrics[1].unit, locale)
    of = OF[locale].format(share=share, total=words.count(result.extra["everybody"], locale, "exact"))
    noun = (ONE if size == 1 else PEOPLE)[locale]
    return f'<div class="vg-size"><b>{literal.text(number)}</b> {noun}<span>{literal.text(of)}</span></div>'


def _some(definition: Group, actor: Actor) -> None:
    if not actor.may(Permission.READ_PEOPLE):
        return
    found = run(SegmentMembers(definition=definition, limit=SAMPLE), actor, utc_now())
    if len(found.frame):
        st.html(f'<div class="vg-label">{SOME[actor.locale]}</div>{table_html(found, actor, utc_now())}')
