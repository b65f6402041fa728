"""The editor of funnels."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.query import Query
from components.analysis import address
from components.analysis.analysis import Analysis
from components.editors import choices
from components.editors.choices import Range
from components.editors.cuts import breakdown, counted_by, one_dimension
from components.editors.draft import UNSET, Draft, Field, completed
from components.editors.filters import where_editor
from components.editors.matcher import matcher_editor
from components.editors.steps import Steps, step_list, step_title
from components.editors.vocabulary import event_names
from reports.library.funnels import TITLE, Template, first_funnel, fitting_templates, funnel_report

BEGIN = Text("Start from…", "Partir de…")
BEGIN_HELP = Text("Funnels that suit the events you record", "Des entonnoirs adaptés aux événements enregistrés")
HOW, CUT = Text("Order, window, who", "Ordre, délai, qui"), Text("Breakdown", "Ventilation")
WITHOUT, WHOLE = Text("Exclusions", "Exclusions"), Text("Filters on every event", "Filtres sur tous les événements")
ORDER = Text("Order of the steps", "Ordre des étapes")
ORDERS = {
    "ordered": Text("In this order, anything between", "Dans cet ordre, sans exclusive"),
    "strict": Text("Strict: nothing between", "Strict : rien entre deux"),
    "unordered": Text("Any order", "Dans n’importe quel ordre"),
}
WINDOW = Text("Must convert within", "Doit aboutir en")
UNITS = {
    "second": Text("seconds", "secondes"),
    "minute": Text("minutes", "minutes"),
    "hour": Text("hours", "heures"),
    "day": Text("days", "jours"),
    "week": Text("weeks", "semaines"),
}
ENTRY = Text("Who enters", "Qui entre")
ENTRIES = {
    "every": Text("Every first step counts", "Chaque première étape compte"),
    "first_in_period": Text("The first one in the period", "La première de la période"),
    "first_ever": Text("Only the first one ever", "Seulement la toute première"),
}
WHOSE = Text("Whose value counts", "Quelle valeur compte")
WHOSE_OPTIONS = {
    "first": Text("The first known", "La première connue"),
    "last": Text("The last known", "La dernière connue"),
    "step": Text("That of one step", "Celle d’une étape"),
    "all": Text("The same on every step", "La même à chaque étape"),
}
AT_STEP = Text("Which step", "Quelle étape")
HOLD = Text("Hold constant", "Propriété constante")
HOLD_HELP = Text(
    "Every step must carry the same known value of it: the same document, the same order.",
    "Chaque étape doit en porter la même valeur connue : le même document, la même commande.",
)
VALUE = Text("Show the money of each step", "Montrer le montant de chaque étape")
ONLY_ORDERED = Text("Only a funnel in order has optional steps.", "Seul un entonnoir ordonné a des étapes facultatives.")
EXCLUDE = Text("Exclude an event", "Exclure un événement")
EXCLUDED = Text("Must not happen", "Ne doit pas arriver")
AFTER, AND_BEFORE = Text("after", "après"), Text("and before", "et avant")
TAKE_OUT = Text("Remove the exclusion", "Retirer l’exclusion")
TWO_FIRST = Text(
    "An exclusion lies between two steps: choose two first.", "Une exclusion se place entre deux étapes : choisissez-en d’abord deux."
)
LOOK, MOST_DROP = Text("Reasons for dropping before", "Raisons d’abandon avant"), Text("Where most drop", "Là où l’on perd le plus")
WORDS = ("", *(str(step) for step in range(2, 21)))  # of `?view=`: the step before which reasons are looked for
MOST_EXCLUSIONS = 10


def start(actor: Actor) -> Query:
    return first_funnel(event_names(actor))


def settle(data: dict[str, Any]) -> dict[str, Any]:
    """What cannot be goes: an optional first step, optional steps without order, exclusions and attribution at steps that are gone."""
    steps = data.get("steps") or []
    for position, step in enumerate(steps):
        if position == 0 or data.get("order", "ordered") != "ordered":
            step.pop("optional", None)
    last = len(completed({"steps": steps}).get("steps", [])) - 1
    exclusions = [_between(one, last) for one in data.get("exclusions") or [] if last > 0]
    settled = data | {"exclusions": exclusions}
    if int(data.get("attribution_step", 0)) > last:
        settled["attribution_step"] = 0
    return {name: value for name, value in settled.items() if value != []}


def _between(one: dict[str, Any], last: int) -> dict[str, Any]:
    """An exclusion between two steps that are there, the first before the second."""
    to = min(int(one.get("to_step", 1)), last)
    return one | {"from_step": min(int(one.get("from_step", 0)), to - 1), "to_step": to}


def editor(draft: Draft) -> None:
    """Steps first, then how they are counted, by what they are cut, what must not happen between them."""
    locale, data = draft.locale, draft.data
    _templates(draft)
    ordered = data.get("order", "ordered") == "ordered"
    step_list(draft.field("steps"), Steps(optional=ordered, why_not=ONLY_ORDERED))
    with st.expander(HOW[locale], icon=":material/tune:", key="funnel_how"):
        _how(draft)
    with st.expander(_counted(CUT[locale], data.get("by")), icon=":material/call_split:", key="funnel_cut"):
        _cut(draft)
    with st.expander(_counted(WITHOUT[locale], data.get("exclusions")), icon=":material/block:", key="funnel_without"):
        _exclusions(draft.field("exclusions"))
    rows = (data.get("where") or {}).get("values")
    with st.expander(_counted(WHOLE[locale], rows), icon=":material/filter_list:", key="funnel_where"):
        where_editor(draft.field("where"))
    _reasons(draft)


def _reasons(draft: Draft) -> None:
    """Before which step the reasons for dropping are looked for: the page's own word in the address."""
    names = _step_names(draft.field("steps"))
    if len(names) < 2:
        return
    options = {"": MOST_DROP[draft.locale]} | {str(i + 1): name for i, name in enumerate(names) if i}
    chosen = address.view(FUNNELS)
    st.session_state["funnel_reasons"] = chosen if chosen in options else ""
    st.selectbox(
        LOOK[draft.locale],
        list(options),
        format_func=lambda word: options[word],
        key="funnel_reasons",
        on_change=lambda: address.look(FUNNELS, st.session_state["funnel_reasons"]),
    )


def _counted(label: str, items: Any) -> str:
    return f"{label} · {len(items)}" if items else label


def _templates(draft: Draft) -> None:
    found = fitting_templates(event_names(draft.actor))
    if len(found) < 2:
        return
    with st.popover(BEGIN[draft.locale], icon=":material/auto_awesome:", key="funnel_begin", help=BEGIN_HELP[draft.locale]):
        for one in found:
            st.button(one.title[draft.locale], key=f"begin_{one.name}", type="tertiary", width="stretch", on_click=_use, args=(draft, one))


def _use(draft: Draft, one: Template) -> None:
    draft.held["data"] = one.question().to_json()
    draft.changed(draft)


def _how(draft: Draft) -> None:
    choices.choice(draft.field("order"), ORDER, ORDERS, start="ordered")
    within = Range(14, 1, 100_000_000)
    choices.span(draft.field("window"), draft.field("window_unit"), WINDOW, UNITS, within=within, start="day")
    counted_by(draft.field("per"))
    choices.choice(draft.field("entry"), ENTRY, ENTRIES, start="every")
    one_dimension(draft.field("hold"), HOLD, help=HOLD_HELP)
    if draft.actor.may(Permission.READ_MONEY):
        choices.toggle(draft.field("value"), VALUE)


def _cut(draft: Draft) -> None:
    breakdown(draft.field("by"))
    if not draft.data.get("by"):
        return
    chosen = choices.choice(draft.field("attribution"), WHOSE, WHOSE_OPTIONS, start="first")
    if chosen == "step":
        names = _step_names(draft.field("steps"))
        _numbered(draft.field("attribution_step"), AT_STEP, names, start=0)


def _step_names(field: Field) -> list[str]:
    """The steps that are chosen, as they count."""
    steps = [step for step in field.value or () if not step.get(UNSET)]
    return [f"{i + 1}. {step_title(step, i + 1, field.locale)}" for i, step in enumerate(steps)]


def _numbered(field: Field, label: Text, names: list[str], *, start: int, low: int = 0) -> None:
    """One of the steps, kept as its number."""
    options = {str(i): Text(name, name) for i, name in enumerate(names) if i >= low}
    chosen = str(field.value if field.value is not None else start)
    st.session_state[field.key] = chosen if chosen in options else next(iter(options))
    st.selectbox(
        label[field.locale],
        list(options),
        format_func=lambda name: options[name][field.locale],
        key=field.key,
        on_change=lambda: field.put(int(st.session_state[field.key])),
    )


def _exclusions(field: Field) -> None:
    names = _step_names(field.draft.field("steps"))
    if len(names) < 2:
        choices.said(TWO_FIRST[field.locale])
        return
    for position, one in enumerate(field.items()):
        with st.container(key=f"exclusion_{one.key}", gap="small"):
            matcher_editor(one, EXCLUDED)
            _numbered(one.child("from_step"), AFTER, names[:-1], start=0)
            after = int(one.value.get("from_step", 0))
            _numbered(one.child("to_step"), AND_BEFORE, names, start=1, low=after + 1)
            choices.press(TAKE_OUT, one, "gone", icon=":material/delete:", do=field.remove, args=(position,))
    if len(field.value or ()) < MOST_EXCLUSIONS:
        choices.press(EXCLUDE, field, "more", icon=":material/add:", do=field.add, args=({UNSET: True, "from_step": 0, "to_step": 1},))


FUNNELS = Analysis("funnels", TITLE, ("funnel",), start, editor, funnel_report, settle, WORDS)
