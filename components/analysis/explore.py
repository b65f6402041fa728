"""The editor of Explore."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import PROPERTY
from analytics.kinds.trends import OF_EVENTS, Measure
from analytics.metrics import METRICS
from analytics.query import InvalidQuery, Query
from components import literal
from components.analysis import address
from components.analysis.analysis import Analysis
from components.editors import choices
from components.editors.cuts import breakdown
from components.editors.draft import UNSET, Draft, Field, completed
from components.editors.filters import filters_editor, where_editor
from components.editors.matcher import matcher_editor
from components.editors.vocabulary import dimension_names, event_names
from reports.library.explore import CHARTS, TITLE, VIEWS, dimensions_of, explore_report, first_exploration, fitting_charts

WHAT = Text("Look at", "Regarder")
KINDS = {"trends": Text("Events", "Événements"), "aggregate": Text("Numbers", "Indicateurs")}
NUMBERS, PICK = Text("Numbers", "Indicateurs"), Text("Choose numbers", "Choisissez des indicateurs")
CHART = Text("Chart", "Graphique")
SERIES, MORE, AWAY = Text("Series {letter}", "Série {letter}"), Text("Add a series", "Ajouter une série"), Text("Remove", "Retirer")
MEASURE, OF = Text("Count", "Compter"), Text("Of", "De")
MEASURES = {
    "total": Text("Events", "Événements"),
    "users": Text("Users", "Utilisateurs"),
    "sessions": Text("Sessions", "Sessions"),
    "per_user": Text("Events per user", "Événements par utilisateur"),
    "sum": Text("Sum of…", "Somme de…"),
    "mean": Text("Mean of…", "Moyenne de…"),
    "median": Text("Median of…", "Médiane de…"),
    "p90": Text("90% are under…", "90 % sont sous…"),
    "p95": Text("95% are under…", "95 % sont sous…"),
    "p99": Text("99% are under…", "99 % sont sous…"),
    "min": Text("Least…", "Minimum de…"),
    "max": Text("Greatest…", "Maximum de…"),
}
MONEY = Text("Money of the event", "Montant de l’événement")
CUT, WHOLE = Text("Breakdown", "Ventilation"), Text("Filters", "Filtres")
MOST_SERIES, MOST_NUMBERS = 10, 6
FIRST = "active_users"


def start(actor: Actor) -> Query:
    return first_exploration(event_names(actor))


def settle(data: dict[str, Any]) -> dict[str, Any]:
    """What cannot be goes: a property of what is only counted, cuts that a number does not know."""
    settled = dict(data)
    for one in settled.get("series") or []:
        if one.get("measure", "total") in OF_EVENTS:
            one.pop("of", None)
    if settled.get("kind") == "aggregate" and settled.get("by"):
        known = dimensions_of(settled.get("metrics") or [])
        settled["by"] = [name for name in settled["by"] if name in known or name.startswith(PROPERTY)]
    return {name: value for name, value in settled.items() if value != []}


def editor(draft: Draft) -> None:
    """What is looked at, in which chart, cut by what, narrowed to what."""
    locale, data = draft.locale, draft.data
    _what(draft)
    events = data.get("kind") == "trends"
    if events:
        _series(draft.field("series"))
        names = None
    else:
        _numbers(draft.field("metrics"))
        names = sorted(dimensions_of(data.get("metrics") or []))
    _chart(draft)
    by = data.get("by")
    with st.expander(_counted(CUT[locale], by), icon=":material/call_split:", key="explore_cut", expanded=bool(by)):
        breakdown(draft.field("by"), most=3, names=names)
    rows = (data.get("where") or {}).get("values") if events else data.get("filters")
    with st.expander(_counted(WHOLE[locale], rows), icon=":material/filter_list:", key="explore_where"):
        where_editor(draft.field("where")) if events else filters_editor(draft.field("filters"))


def _counted(label: str, items: Any) -> str:
    return f"{label} · {len(items)}" if items else label


def _what(draft: Draft) -> None:
    key = "edit_explore_kind"
    st.session_state[key] = draft.data.get("kind", "trends")
    st.segmented_control(
        WHAT[draft.locale],
        list(KINDS),
        required=True,
        format_func=lambda n: KINDS[n][draft.locale],
        key=key,
        on_change=_chosen,
        args=(draft,),
    )


def _chosen(draft: Draft) -> None:
    """The other kind begins anew."""
    other = start(draft.actor).to_json() if st.session_state["edit_explore_kind"] == "trends" else {"kind": "aggregate", "metrics": [FIRST]}
    draft.held["data"] = other
    draft.changed(draft)


def _numbers(field: Field) -> None:
    locale = field.locale
    offered = [name for name, metric in METRICS.items() if not metric.hidden and field.actor.may(metric.permission)]
    st.session_state[field.key] = [name for name in field.value or () if name in offered]
    st.multiselect(
        NUMBERS[locale],
        offered,
        format_func=lambda name: METRICS[name].label[locale],
        key=field.key,
        placeholder=PICK[locale],
        max_selections=MOST_NUMBERS,
        select_all=False,
        on_change=lambda: field.put(list(st.session_state[field.key])),
    )


def _series(field: Field) -> None:
    """Each series: its events with their conditions, and what of them."""
    items = field.items()
    for position, one in enumerate(items):
        with st.container(key=f"step_{one.key}", gap="small"):
            _series_head(field, position, alone=len(items) == 1)
            matcher_editor(one)
            _measured(one)
    if len(items) < MOST_SERIES:
        st.button(MORE[field.locale], key=f"{field.key}_more", icon=":material/add:", on_click=field.add, args=({UNSET: True},))


def _series_head(field: Field, position: int, *, alone: bool) -> None:
    one, letter = field.child(position), chr(65 + position)
    said = SERIES[field.locale].format(letter=letter)
    with st.container(horizontal=True, key=f"stephead_{one.key}", vertical_alignment="center"):
        st.html(f'<div class="vg-step"><b>{letter}</b><span>{literal.text(said)}</span></div>')
        if not alone:
            choices.press(AWAY, one, "gone", icon=":material/close:", do=field.remove, args=(position,))


def _measured(one: Field) -> None:
    named = [name for name in dimension_names(one.actor) if name.startswith(PROPERTY)]
    money = {"value": MONEY} if one.actor.may(Permission.READ_MONEY) else {}
    sums = money | {name: Text(*[name.removeprefix(PROPERTY)] * 2) for name in named}
    offered = MEASURES if sums else {name: MEASURES[name] for name in OF_EVENTS}
    field = one.child("measure")
    chosen = str(field.value or "total")
    st.session_state[field.key] = chosen
    st.selectbox(
        MEASURE[one.locale],
        [name for name in get_args(Measure) if name in offered],
        format_func=lambda name: offered[name][one.locale],
        key=field.key,
        on_change=_remeasured,
        args=(one, next(iter(sums), None)),
    )
    if chosen not in OF_EVENTS:
        _of(one.child("of"), sums)


def _of(field: Field, sums: dict[str, Text]) -> None:
    st.session_state[field.key] = field.value
    st.selectbox(
        OF[field.locale],
        list(dict.fromkeys([*([field.value] if field.value else []), *sums])),
        format_func=lambda name: sums[name][field.locale] if name in sums else name,
        key=field.key,
        on_change=lambda: field.put(st.session_state[field.key]),
    )


def _remeasured(one: Field, first: str | None) -> None:
    """A sum is of something from the start, so that there is never nothing to show."""
    measure = st.session_state[one.child("measure").key]
    kept = dict(one.value or {})
    kept.pop("measure", None)
    if measure != "total":
        kept["measure"] = measure
    if measure not in OF_EVENTS:
        kept.setdefault("of", first)
    one.put(kept)


def _chart(draft: Draft) -> None:
    """Only charts that fit are offered."""
    try:
        fit = fitting_charts(address.checked(EXPLORE, completed(draft.data)))  # type: ignore[arg-type]
    except (InvalidQuery, ValueError):
        fit = fitting_charts(first_exploration([]))
    key, locale = "edit_explore_view", draft.locale
    shown = address.view(EXPLORE)
    st.session_state[key] = shown if shown in fit else "lines"
    st.selectbox(
        CHART[locale],
        list(fit),
        format_func=lambda name: CHARTS[name][locale],
        key=key,
        on_change=lambda: address.look(EXPLORE, st.session_state[key]),
    )


EXPLORE = Analysis("explore", TITLE, ("trends", "aggregate"), start, editor, explore_report, settle, VIEWS)
