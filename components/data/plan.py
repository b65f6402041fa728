"""The tracking plan: its events, what broke it, and a form for one event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from accounts import audit
from accounts.actor import Actor
from accounts.language import Text
from components import literal, session
from components.data.table import ago, card, table
from data_access.clock import utc_now
from data_access.connections import store
from ingest.plan import PROBLEMS, STATUSES, TYPES, BadPlan, Planned, Property, rows

WEEK = timedelta(days=7)
PLAN = Text("Tracking plan", "Plan de marquage")
PLAN_NOTE = Text(
    "Nothing is refused for breaking it: it is kept, flagged in its properties, and counted",
    "Rien n’est refusé pour un écart : l’événement est gardé, signalé dans ses propriétés, et compté",
)
HEADS = (
    (Text("Event", "Événement"), "text"),
    (Text("Status", "Statut"), "text"),
    (Text("Owner", "Responsable"), "text"),
    (Text("Properties", "Propriétés"), "number"),
    (Text("Violations, 7 days", "Écarts, 7 jours"), "number"),
    (Text("Description", "Description"), "text"),
)
NO_PLAN = Text("No plan yet", "Pas encore de plan")
NO_PLAN_NEXT = Text(
    "Describe an event below, or take some from “Events”. Until there is one, every event is welcome.",
    "Décrivez un événement ci-dessous ou prenez-en dans « Événements ». D’ici là, tout événement est bienvenu.",
)
BROKEN, BROKEN_NOTE = Text("Violations", "Écarts"), Text("In the last 7 days", "Ces 7 derniers jours")
BROKEN_HEADS = (
    (Text("Event", "Événement"), "text"),
    (Text("Property", "Propriété"), "text"),
    (Text("Problem", "Problème"), "text"),
    (Text("Events", "Événements"), "bar"),
    (Text("Last", "Dernier"), "text"),
)
EDIT, NEW = Text("Edit an event", "Modifier un événement"), Text("New event…", "Nouvel événement…")
NAME, DESCRIPTION = Text("Name, as it is sent", "Nom, tel qu’il est envoyé"), Text("What it means", "Ce qu’il signifie")
OWNER, STATUS = Text("Owner", "Responsable"), Text("Status", "Statut")
PROPERTY, TYPE, REQUIRED = Text("Property", "Propriété"), Text("Type", "Type"), Text("Required", "Obligatoire")
SAVE, REMOVE = Text("Save", "Enregistrer"), Text("Remove from the plan", "Retirer du plan")
SAVED = Text(
    "Saved; events are held against it within five seconds.", "Enregistré ; les événements y sont confrontés dans les cinq secondes."
)
INVALID = Text("Not saved: {why}.", "Non enregistré : {why}.")
WHY = Text(
    "{error}",
    "un nom, des propriétés de noms différents et de types connus sont nécessaires",
)


def show(actor: Actor, now: datetime) -> None:
    """The plan, what broke it, the form."""
    plan = rows.plan_of(store(), actor.tenant.key)
    found = rows.violations(store(), actor.tenant.key, (now - WEEK).date())
    locale = actor.locale
    lines = [_line(one, found, locale) for one in plan.values()]
    empty = None if lines else (NO_PLAN[locale], NO_PLAN_NEXT[locale])
    card("plan", (PLAN[locale], PLAN_NOTE[locale]), table([(label[locale], kind) for label, kind in HEADS], lines, locale), empty)
    if found:
        broken = [(v.event, v.property, PROBLEMS[v.problem][locale], v.events, ago(v.last_at, now, locale)) for v in found]
        heads = [(label[locale], kind) for label, kind in BROKEN_HEADS]
        card("broken", (BROKEN[locale], BROKEN_NOTE[locale]), table(heads, broken, locale))
    with st.container(key="card_edit_plan"):
        _editor(actor, plan)


def _line(one: Planned, found: Sequence[rows.Violation], locale: str) -> tuple[str | int, ...]:
    broken = sum(v.events for v in found if v.event == one.event)
    return (one.event, STATUSES[one.status][locale], one.owner, len(one.properties), broken, one.description)


def _editor(actor: Actor, plan: dict[str, Planned]) -> None:
    locale = actor.locale
    st.html(f'<div class="vg-title"><h2>{EDIT[locale]}</h2></div>')
    chosen = st.selectbox(
        EDIT[locale], ["", *plan], format_func=lambda name: name or NEW[locale], key="plan_event", label_visibility="collapsed"
    )
    current = plan.get(chosen) or Planned("", status="draft")
    with st.form(f"plan_{chosen}", border=False):
        name = chosen or st.text_input(NAME[locale], max_chars=200)
        description = st.text_input(DESCRIPTION[locale], current.description, max_chars=500)
        left, right = st.columns(2)
        owner = left.text_input(OWNER[locale], current.owner, max_chars=120)
        status = right.selectbox(
            STATUS[locale], list(STATUSES), index=list(STATUSES).index(current.status), format_func=lambda one: STATUSES[one][locale]
        )
        table_of = _properties(current, locale)
        saved = st.form_submit_button(SAVE[locale], type="primary", icon=":material/check:")
    if saved:
        _save(actor, Planned(name.strip(), description, owner, status, read(table_of)))
    if chosen and st.button(REMOVE[locale], key="plan_remove", icon=":material/delete:"):
        rows.remove(store(), actor.tenant.key, chosen)
        _note(actor, chosen)
        st.session_state.pop("plan_event", None)
        st.rerun()


def _properties(current: Planned, locale: str) -> pd.DataFrame:
    columns = {
        "name": st.column_config.TextColumn(PROPERTY[locale], max_chars=200, width="medium"),
        "type": st.column_config.SelectboxColumn(
            TYPE[locale], options=list(TYPES), format_func=lambda one: TYPES[str(one)][locale], default="text"
        ),
        "required": st.column_config.CheckboxColumn(REQUIRED[locale], default=False),
    }
    given = pd.DataFrame([(one.name, one.type, one.required) for one in current.properties], columns=list(columns))
    given = given.astype({"name": "object", "type": "object", "required": "bool"})
    edited: pd.DataFrame = st.data_editor(
        given, column_config=columns, num_rows="dynamic", hide_index=True, width="stretch", key=f"plan_properties_{current.event}"
    )
    return edited


def read(table_of: pd.DataFrame) -> tuple[Property, ...]:
    """The rows of the editor that have a name."""
    found: list[dict[str, Any]] = table_of.to_dict("records")
    named = [row for row in found if isinstance(row["name"], str) and row["name"].strip()]
    return tuple(
        Property(row["name"].strip(), row["type"] if isinstance(row["type"], str) else "any", row["required"] is True) for row in named
    )


def _save(actor: Actor, planned: Planned) -> None:
    try:
        rows.save(store(), actor.tenant.key, planned, by=actor.email, now=utc_now())
    except BadPlan as error:
        st.error(literal.markdown(INVALID[actor.locale].format(why=WHY.format(error=error)[actor.locale])), icon=":material/error:")
        return
    _note(actor, planned.event)
    st.toast(SAVED[actor.locale], icon=":material/check:")
    st.rerun()


def _note(actor: Actor, event: str) -> None:
    audit.record(store(), audit.Entry("plan_event", event, "done", actor, session.visit().address), utc_now())
