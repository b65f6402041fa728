"""Every event there is: new ones, those that vanished, those that no plan knows; one click takes them into the plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from analytics.kinds.event_names import EventNames
from analytics.period import Period
from analytics.run import run
from components import literal, session
from components.data.table import card, table
from data_access.clock import utc_now
from data_access.connections import store, warehouse
from ingest.plan import Planned, rows
from ingest.plan.infer import inferred
from reports import dates

DAYS = 7
MOST_SHOWN = 200
EVENTS, NOTE = (
    Text("Events", "Événements"),
    Text("The last 7 days and the 7 before, today included", "Les 7 derniers jours et les 7 précédents, avec aujourd’hui"),
)
HEADS = (
    (Text("Event", "Événement"), "text"),
    (Text("State", "État"), "text"),
    (Text("Last 7 days", "7 derniers jours"), "bar"),
    (Text("7 before", "7 précédents"), "number"),
    (Text("Plan violations", "Écarts au plan"), "number"),
    (Text("First seen", "Première fois"), "text"),
    (Text("Last seen", "Dernière fois"), "text"),
)
NEW, VANISHED = Text("New", "Nouveau"), Text("Vanished", "Disparu")
UNPLANNED = Text("Not in the plan", "Hors du plan")
NOTHING = Text("No event yet", "Aucun événement")
NOTHING_NEXT = Text("Send one first: see “Keys and SDKs”.", "Envoyez-en un d’abord : voir « Clés et SDK ».")
PROMOTE = Text("Take into the plan", "Ajouter au plan")
PROMOTE_NOTE = Text(
    "As a draft, with the properties its newest occurrences carried; check it there, then set it active.",
    "Comme brouillon, avec les propriétés de ses dernières occurrences ; vérifiez-le puis passez-le en actif.",
)
WHICH, ADD = Text("Events that no plan knows", "Événements hors du plan"), Text("Add as drafts", "Ajouter en brouillon")
ADDED = Text("{count} added to the plan.", "{count} ajoutés au plan.")


def show(actor: Actor, now: datetime) -> None:
    """The table, and the form that promotes."""
    today = now.astimezone(actor.tenant.zone).date()
    asked = EventNames(period=Period.between(today - timedelta(days=DAYS - 1), today))
    frame = run(asked, actor, now).frame
    plan = rows.plan_of(store(), actor.tenant.key)
    broken: dict[str, int] = {}
    for one in rows.violations(store(), actor.tenant.key, today - timedelta(days=DAYS - 1)):
        broken[one.event] = broken.get(one.event, 0) + one.events
    locale = actor.locale
    lines = [_line(row, plan, broken, today=today, locale=locale) for row in frame.head(MOST_SHOWN).itertuples()]
    empty = None if lines else (NOTHING[locale], NOTHING_NEXT[locale])
    card("names", (EVENTS[locale], NOTE[locale]), table([(label[locale], kind) for label, kind in HEADS], lines, locale), empty)
    unplanned = [str(name) for name in frame["event"] if name not in plan]
    if unplanned:
        _promotion(actor, unplanned)


def _line(row: object, plan: dict[str, Planned], broken: dict[str, int], *, today: date, locale: str) -> tuple[str | float | int, ...]:
    name, first = str(row.event), date.fromisoformat(row.first_day)  # type: ignore[attr-defined]
    events, before = float(row.events), float(row.events_before)  # type: ignore[attr-defined]
    state = [NEW[locale]] if first > today - timedelta(days=DAYS) else [VANISHED[locale]] if not events and before else []
    if plan and name not in plan:
        state.append(UNPLANNED[locale])
    said = [dates.short_day(day, locale, year=True) for day in (first, date.fromisoformat(row.last_day))]  # type: ignore[attr-defined]
    return (name, " · ".join(state), events, before, broken.get(name, 0), *said)


def _promotion(actor: Actor, unplanned: list[str]) -> None:
    locale = actor.locale
    with st.container(key="card_promote"):
        st.html(f'<div class="vg-title"><h2>{PROMOTE[locale]}</h2><p>{PROMOTE_NOTE[locale]}</p></div>')
        with st.form("promote", border=False, clear_on_submit=True):
            chosen = st.multiselect(WHICH[locale], unplanned, max_selections=50, key="promote_names")
            if st.form_submit_button(ADD[locale], icon=":material/playlist_add:") and chosen:
                promote(actor, chosen, utc_now())
                st.toast(literal.markdown(ADDED[locale].format(count=len(chosen))), icon=":material/check:")
                st.rerun()


def promote(actor: Actor, names: list[str], now: datetime) -> None:
    """Each becomes a draft of the plan."""
    for name in names:
        rows.save(store(), actor.tenant.key, inferred(warehouse(), actor.tenant.key, name), by=actor.email, now=now)
        audit.record(store(), audit.Entry("plan_event", name, "done", actor, session.visit().address), now)
