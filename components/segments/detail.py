"""One segment: who it is, how many over time, how they differ, who they are, how it came about."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.kinds.people import People
from analytics.kinds.segment_members import SegmentReasons
from analytics.kinds.segment_size import SegmentSize
from analytics.query import InvalidQuery, Scope
from analytics.run import Forbidden, run
from analytics.segments import saved
from analytics.segments.saved import Segment
from components import literal, states
from components.panel import panel_card
from components.people import people_list
from components.segments import acts, address
from components.segments.listing import DYNAMIC, FROZEN
from components.segments.preview import size_html
from data_access.clock import naive_utc
from data_access.connections import store
from data_access.errors import WarehouseError
from reports import dates
from reports.library.segments import difference_panels, size_panel
from reports.segments import speaker

EDIT, COPY = Text("Edit", "Modifier"), Text("Duplicate", "Dupliquer")
FREEZE, THAW = Text("Freeze", "Figer"), Text("Follow the data", "Suivre les données")
DELETE, SURE = Text("Delete", "Supprimer"), Text("Delete it for everybody", "Le supprimer pour tous")
USE = Text("Open the overview with it", "Ouvrir la vue d’ensemble avec")
MORE = Text("Delete…", "Supprimer…")
TABS = (
    Text("Size", "Taille"),
    Text("Differences", "Différences"),
    Text("People", "Personnes"),
    Text("Why in or out", "Pourquoi dedans ou dehors"),
    Text("History", "Historique"),
)
REST, AGAINST = Text("the rest of the people", "le reste des personnes"), Text("Compared with", "Comparé à")
BY = Text("{kind} · by {owner} · version {version} · {instant}", "{kind} · par {owner} · version {version} · {instant}")
NOBODY = Text("unknown", "inconnu")
PERSON = Text("Id or e-mail of a person", "Identifiant ou e-mail d’une personne")
IS_IN, IS_OUT = Text("In the segment", "Dans le segment"), Text("Not in the segment", "Hors du segment")
HIDDEN = Text("Your role does not see single people.", "Votre rôle ne voit pas les personnes.")


def detail(actor: Actor, one: Segment, now: datetime) -> None:
    """Everything about a saved segment."""
    _about(actor, one, now)
    size, differences, people, why, history = st.tabs([tab[actor.locale] for tab in TABS])
    with size:
        panel_card(size_panel(one.id, frozen=one.frozen_at is not None), Scope())
    with differences:
        _differences(actor, one)
    with people:
        _people(actor, one)
    with why:
        _why(actor, one, now)
    with history:
        _history(actor, one, now)


def _about(actor: Actor, one: Segment, now: datetime) -> None:
    with st.container(key="card_segment_about"):
        st.html(f'<div class="vg-title"><h2>{literal.text(one.name)}</h2></div>')
        try:
            st.html(size_html(run(SegmentSize(segment=one.id), actor, now), actor.locale))
        except (InvalidQuery, WarehouseError) as error:
            states.failure(error, actor.locale)
        said = f'<p class="vg-fact">{literal.text(speaker(actor).segment(one.definition))}</p>'
        about = f'<p class="vg-fact">{literal.text(one.description)}</p>' if one.description else ""
        st.html(f'{said}{about}<p class="vg-fact">{literal.text(_credits(actor, one, now))}</p>')
        with st.container(key="segment_verbs", horizontal=True, gap="small"):
            _verbs(actor, one)


def _credits(actor: Actor, one: Segment, now: datetime) -> str:
    kind = (FROZEN if one.frozen_at else DYNAMIC)[actor.locale]
    instant = dates.instant(naive_utc(one.updated_at), actor.tenant, actor.locale, now)
    return BY[actor.locale].format(kind=kind, owner=one.owner_name or NOBODY[actor.locale], version=one.version, instant=instant)


def _verbs(actor: Actor, one: Segment) -> None:
    locale = actor.locale
    if st.button(USE[locale], key="segment_use", icon=":material/filter_alt:"):
        st.switch_page("pages/overview.py", query_params={"segment": one.id})
    if not actor.may(Permission.BUILD):
        return
    st.button(EDIT[locale], key="segment_edit", icon=":material/edit:", on_click=address.go, args=(address.EDIT, one.id))
    st.button(COPY[locale], key="segment_copy", icon=":material/content_copy:", on_click=acts.duplicate, args=(actor, one))
    if one.frozen_at:
        st.button(THAW[locale], key="segment_thaw", icon=":material/sync:", on_click=acts.thaw, args=(actor, one))
    else:
        st.button(FREEZE[locale], key="segment_freeze", icon=":material/ac_unit:", on_click=acts.freeze, args=(actor, one))
    with st.popover(MORE[locale], icon=":material/delete:", key="segment_more"):
        sure = st.checkbox(SURE[locale], key=f"segment_sure_{one.id}")
        st.button(DELETE[locale], key="segment_delete", disabled=not sure, on_click=acts.delete, args=(actor, one))


def _differences(actor: Actor, one: Segment) -> None:
    others = {"": REST[actor.locale]} | {o.id: o.name for o in saved.listed(store(), actor.tenant.key) if o.id != one.id}
    against = st.selectbox(
        AGAINST[actor.locale], list(others), format_func=lambda o: literal.markdown(others[o]), key=f"segment_against_{one.id}"
    )
    for panel in difference_panels(one.id, against or None):
        panel_card(panel, Scope())


def _people(actor: Actor, one: Segment) -> None:
    if not actor.may(Permission.READ_PEOPLE):
        states.state(HIDDEN[actor.locale], "")
        return

    @st.fragment
    def listed() -> None:
        with st.container(key="card_segment_people"):
            people_list(People(segment=one.id), actor)

    listed()


def _why(actor: Actor, one: Segment, now: datetime) -> None:
    """Condition by condition, for one person."""
    if not actor.may(Permission.READ_PEOPLE):
        states.state(HIDDEN[actor.locale], "")
        return
    with st.container(key="card_segment_why"):
        person = st.text_input(PERSON[actor.locale], key=f"segment_person_{one.id}", max_chars=500).strip()
        if person:
            st.html(why_html(actor, SegmentReasons(segment=one.id, person=person), now))


def why_html(actor: Actor, query: SegmentReasons, now: datetime) -> str:
    """Whether somebody is in, and which conditions are met: also for the person's own page. Every word is escaped."""
    try:
        result = run(query, actor, now)
    except (Forbidden, InvalidQuery, WarehouseError) as error:
        return f'<div class="vg-notice">{literal.text(error)}</div>'
    name = result.columns[0].name if len(result.columns) == 2 else "name"
    marks = {
        1.0: '<span class="vg-mark vg-good" aria-hidden="true">✓</span>',
        0.0: '<span class="vg-mark vg-bad" aria-hidden="true">✗</span>',
    }
    rows = "".join(f"<li>{marks[row['inside']]}<span>{literal.text(row[name])}</span></li>" for row in result.frame.to_dict("records"))
    if name == "name":
        return f'<ul class="vg-said">{rows}</ul>'
    verdict = (IS_IN if result.value("inside") else IS_OUT)[actor.locale]
    return f'<div class="vg-label">{verdict}</div><ul class="vg-said">{rows}</ul>'


def _history(actor: Actor, one: Segment, now: datetime) -> None:
    say = speaker(actor)
    with st.container(key="card_segment_history"):
        rows = [
            f"<li><span>{v.version}</span><span><b>{literal.text(v.name)}</b> {literal.text(say.segment(v.definition))}"
            f"<br><small>{literal.text(v.actor_name or NOBODY[actor.locale])} · "
            f"{literal.text(dates.instant(naive_utc(v.at), actor.tenant, actor.locale, now))}"
            f"{' · ' + FROZEN[actor.locale] if v.frozen_at else ''}</small></span></li>"
            for v in saved.versions(store(), actor.tenant.key, one.id)
        ]
        st.html(f'<ul class="vg-said">{"".join(rows)}</ul>')
