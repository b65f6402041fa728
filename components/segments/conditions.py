"""The conditions of a segment as forms: which kind, and the fields of that kind. Nothing here is ever written as JSON by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import streamlit as st

from accounts.language import Text
from accounts.roles import Permission
from analytics.segments import saved
from analytics.where import PERSON
from components import literal
from components.editors import choices
from components.editors.choices import Range, choice
from components.editors.draft import UNSET, Field
from components.editors.filters import filter_row
from components.editors.matcher import matcher_editor
from components.editors.steps import Steps, step_list
from components.editors.vocabulary import dimension_names
from data_access.clock import utc_now
from data_access.connections import store

VERBS = {
    "did": Text("Did", "A fait"),
    "not": Text("Did not do", "N’a pas fait"),
    "stopped": Text("Did before, and stopped", "A fait, puis arrêté"),
    "first_time": Text("Did for the first time", "A fait pour la première fois"),
    "sequence": Text("Did in this order", "A fait dans cet ordre"),
    "property": Text("Is (a property of the person)", "Est (une propriété de la personne)"),
    "joined": Text("Was created", "A été créé"),
    "segment": Text("Is in a segment", "Est dans un segment"),
}
FRESH: Mapping[str, dict[str, Any]] = {
    "did": {"kind": "did", "event": {UNSET: True}, "window": {"days": 30}},
    "not": {"kind": "did", "op": "not", "event": {UNSET: True}, "window": {"days": 30}},
    "stopped": {"kind": "stopped", "event": {UNSET: True}},
    "first_time": {"kind": "first_time", "event": {UNSET: True}, "window": {"days": 30}},
    "sequence": {"kind": "sequence", "steps": [{UNSET: True}, {UNSET: True}], "window": {"days": 30}},
    "property": {"kind": "property", "filter": ["is", PERSON + "plan", []]},
    "joined": {"kind": "joined", "window": {"days": 30}},
    "segment": {"kind": "segment", "id": ""},
}
WHAT = Text("The person", "La personne")
OFTEN, MEASURE, AMOUNT = Text("How often", "Combien de fois"), Text("Counted as", "Compté en"), Text("Amount", "Quantité")
OPS = {"at_least": Text("at least", "au moins"), "at_most": Text("at most", "au plus"), "exactly": Text("exactly", "exactement")}
MEASURES = {"times": Text("times", "fois"), "days": Text("different days", "jours différents")}
SUMS = MEASURES | {"sum": Text("sum of money", "somme d’argent")}
WHEN = Text("When", "Quand")
WHENS = {
    "last": Text("in the last days", "ces derniers jours"),
    "between": Text("between two days", "entre deux jours"),
    "ever": Text("ever", "depuis toujours"),
}
DAYS, BOTH = Text("Days", "Jours"), Text("From and to", "Du et au")
QUIET = Text("Not in the last … days", "Plus depuis … jours")
WITHIN = Text("All within", "Le tout en")
UNITS = {
    "minute": Text("minutes", "minutes"),
    "hour": Text("hours", "heures"),
    "day": Text("days", "jours"),
    "week": Text("weeks", "semaines"),
}
EXCEPT = Text("An event that must not happen in between", "Un événement qui ne doit pas arriver entre-temps")
WHICH, INSIDE = Text("Segment", "Segment"), Text("In or out", "Dedans ou dehors")
PLACES = {"in": Text("is in it", "en fait partie"), "out": Text("is not in it", "n’en fait pas partie")}
PICK = Text("Choose a segment", "Choisissez un segment")
BEHIND = Text("The people behind a number, asked again each time.", "Les personnes derrière un nombre, recalculées à chaque fois.")


def verb_of(node: Any) -> str:
    """Which of VERBS a node is; its kind where it is none."""
    kind = str(node.get("kind", "did"))
    return "not" if kind == "did" and node.get("op") == "not" else kind


def condition_fields(node: Field, *, itself: str = "") -> None:
    """Edits what the condition at `node` says. `itself` is the id of the segment being edited: it cannot be made of itself."""
    verb = verb_of(node.value)
    if verb not in VERBS:
        choices.said(BEHIND[node.locale])
    elif verb == "segment":
        _segment(node, itself)
    else:
        _FORMS[verb](node)


def verb_picker(node: Field) -> None:
    """Edits which kind of condition stands at `node`; one made elsewhere can only be taken away."""
    verb = verb_of(node.value)
    if verb not in VERBS:
        return
    key = f"{node.key}_verb"
    st.session_state[key] = verb
    st.selectbox(
        WHAT[node.locale],
        list(VERBS),
        format_func=lambda name: VERBS[name][node.locale],
        key=key,
        label_visibility="collapsed",
        on_change=lambda: node.put(_kept(node.value, st.session_state[key])),
    )


def _kept(before: Any, verb: str) -> dict[str, Any]:
    """A fresh condition that keeps the event and the window of the one before, where it has such."""
    fresh = dict(FRESH[verb])
    return fresh | {name: before[name] for name in ("event", "window") if name in fresh and before.get(name) is not None}


def _did(node: Field) -> None:
    matcher_editor(node.child("event"))
    options = SUMS if node.actor.may(Permission.READ_MONEY) or node.value.get("measure") == "sum" else MEASURES
    with st.container(horizontal=True, gap="small", key=f"often_{node.key}"):
        choice(node.child("op"), OFTEN, OPS, start="at_least")
        if node.value.get("measure") == "sum":
            _money(node)
        else:
            choices.number(node.child("amount"), AMOUNT, Range(1, 0, 1_000_000))
        _measure(node, options)
    _window(node, WHENS)


def _measure(node: Field, options: Mapping[str, Text]) -> None:
    key = f"{node.key}_measure"
    st.session_state[key] = node.value.get("measure", "times")

    def changed() -> None:
        """A sum names what is summed; an amount of money is no count."""
        chosen = st.session_state[key]
        left = {name: value for name, value in node.value.items() if name not in ("measure", "of", "amount")}
        node.put(left | {"measure": chosen} | ({"of": "value", "amount": 10_000} if chosen == "sum" else {}))

    st.selectbox(MEASURE[node.locale], list(options), format_func=lambda name: options[name][node.locale], key=key, on_change=changed)


def _money(node: Field) -> None:
    """Shown in whole units of the currency, kept in minor ones."""
    key = f"{node.key}_money"
    st.session_state[key] = float(node.value.get("amount", 0)) / 100
    currency = node.actor.tenant.currency
    st.number_input(
        f"{AMOUNT[node.locale]} ({currency})", key=key, min_value=0.0, step=10.0, format="%.2f",
        on_change=lambda: node.child("amount").put(round(st.session_state[key] * 100)),
    )  # fmt: skip


def _did_not(node: Field) -> None:
    matcher_editor(node.child("event"))
    _window(node, WHENS)


def _stopped(node: Field) -> None:
    matcher_editor(node.child("event"))
    choices.number(node.child("days"), QUIET, Range(30, 1, 3_660))


def _first_time(node: Field) -> None:
    matcher_editor(node.child("event"))
    _window(node, {name: text for name, text in WHENS.items() if name != "ever"})


def _sequence(node: Field) -> None:
    step_list(node.child("steps"), Steps(least=2, most=6))
    choices.span(node.child("within"), node.child("unit"), WITHIN, UNITS, within=Range(7, 1, 3_660), start="day")
    with st.expander(EXCEPT[node.locale], key=f"except_{node.key}"):
        matcher_editor(node.child("without"))
    _window(node, WHENS)


def _property(node: Field) -> None:
    row = node.child("filter")
    names = [name for name in dimension_names(row.actor) if name.startswith(PERSON)]
    filter_row(row, remove=lambda: row.put(["is", "", []]), names=names)


def _joined(node: Field) -> None:
    _window(node, WHENS)


def _segment(node: Field, itself: str) -> None:
    others = {one.id: one.name for one in saved.listed(store(), node.actor.tenant.key) if one.id != itself}
    held = str(node.value.get("id") or "")
    key, place = f"{node.key}_id", f"{node.key}_inside"
    st.session_state[key] = held if held in others else None
    st.session_state[place] = "in" if node.value.get("inside", True) else "out"
    with st.container(horizontal=True, gap="small", key=f"which_{node.key}"):
        st.selectbox(
            INSIDE[node.locale], list(PLACES), format_func=lambda name: PLACES[name][node.locale], key=place, label_visibility="collapsed",
            on_change=lambda: node.child("inside").put(st.session_state[place] == "in"),
        )  # fmt: skip
        st.selectbox(
            WHICH[node.locale], list(others), format_func=lambda one: literal.markdown(others[one]), index=None, key=key,
            placeholder=PICK[node.locale], label_visibility="collapsed",
            on_change=lambda: node.child("id").put(st.session_state[key] or ""),
        )  # fmt: skip


def _window(node: Field, options: Mapping[str, Text]) -> None:
    """The last days, two days, or all so far. What is shown is always written out: nothing would mean ever."""
    window = node.child("window")
    held = window.value or {}
    how = "last" if held.get("days") else "between" if held.get("first") else "ever"
    key = f"{window.key}_how"
    st.session_state[key] = how if how in options else "last"
    with st.container(horizontal=True, gap="small", key=f"when_{node.key}"):
        st.selectbox(
            WHEN[node.locale], list(options), format_func=lambda name: options[name][node.locale], key=key,
            on_change=lambda: window.put(_WINDOWS[st.session_state[key]](node)),
        )  # fmt: skip
        if how == "last":
            _last(window)
        elif how == "between":
            _between(window)


_WINDOWS: Mapping[str, Callable[[Field], dict[str, Any]]] = {
    "last": lambda node: {"days": 30},
    "between": lambda node: {"first": _today(node).replace(day=1).isoformat(), "last": _today(node).isoformat()},
    "ever": lambda node: {},
}


def _today(node: Field) -> date:
    return utc_now().astimezone(node.actor.tenant.zone).date()


def _last(window: Field) -> None:
    key = f"{window.key}_days"
    st.session_state[key] = int(window.value["days"])
    st.number_input(
        DAYS[window.locale], min_value=1, max_value=3_660, step=1, key=key, on_change=lambda: window.put({"days": st.session_state[key]})
    )


def _between(window: Field) -> None:
    key = f"{window.key}_both"
    first, last = (date.fromisoformat(str(window.value[name])) for name in ("first", "last"))
    st.session_state[key] = (first, last)

    def changed() -> None:
        """A range being chosen has one day until the second is clicked."""
        chosen = st.session_state[key]
        if len(chosen) == 2:
            window.put({"first": chosen[0].isoformat(), "last": chosen[1].isoformat()})

    st.date_input(BOTH[window.locale], key=key, min_value=date(2000, 1, 1), format="DD/MM/YYYY", on_change=changed)


_FORMS: Mapping[str, Callable[[Field], None]] = {
    "did": _did,
    "not": _did_not,
    "stopped": _stopped,
    "first_time": _first_time,
    "sequence": _sequence,
    "property": _property,
    "joined": _joined,
}
