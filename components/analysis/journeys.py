"""The editor of journeys."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.kinds.aggregate import Aggregate
from analytics.period import Period
from analytics.query import InvalidQuery, Query
from analytics.run import Forbidden, run
from analytics.sources.events import PAGE_VIEW
from components.analysis.analysis import Analysis
from components.editors import choices
from components.editors.choices import Range
from components.editors.draft import Draft, Field
from components.editors.filters import where_editor
from components.editors.vocabulary import event_names
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports.library.journeys import TITLE, first_paths, journeys_report

WHAT = Text("Follow", "Suivre")
KINDS = {"both": Text("Pages and events", "Pages et événements"), "pages": Text("Pages", "Pages"), "events": Text("Events", "Événements")}
START, END = Text("Starting at", "À partir de"), Text("Ending at", "Jusqu’à")
GOAL = Text("Goal", "But")
GOAL_HELP = Text(
    "The table then says which share of each path came to it.", "Le tableau dit alors quelle part de chaque chemin y est arrivée."
)
ANYWHERE, ANY_END = Text("Wherever sessions begin", "Là où commence la session"), Text("Anywhere", "N’importe où")
NO_GOAL = Text("None", "Aucun")
STEPS, EDGES = Text("Steps", "Étapes"), Text("Links shown, the most taken first", "Liens montrés, les plus suivis d’abord")
HOW = Text("Sessions and repeats", "Sessions et répétitions")
COLLAPSE = Text("Count repeats in a row once", "Compter une fois les répétitions de suite")
GAP = Text("A session ends after a pause of", "Une session finit après une pause de")
GAPS = {
    "300": Text("5 minutes", "5 minutes"),
    "900": Text("15 minutes", "15 minutes"),
    "1800": Text("30 minutes", "30 minutes"),
    "3600": Text("1 hour", "1 heure"),
    "14400": Text("4 hours", "4 heures"),
    "86400": Text("1 day", "1 jour"),
    "604800": Text("1 week", "1 semaine"),
}
LEAST = Text("Leave out links under", "Omettre les liens sous")
SHARES = {
    "0": Text("nothing", "rien"),
    "0.01": Text("1% of paths", "1 % des parcours"),
    "0.02": Text("2% of paths", "2 % des parcours"),
    "0.05": Text("5% of paths", "5 % des parcours"),
    "0.1": Text("10% of paths", "10 % des parcours"),
}
EXCLUDE = Text("Leave out", "Ignorer")
NOTHING = Text("Nothing", "Rien")
WHOLE = Text("Filters on every event", "Filtres sur tous les événements")
MOST_ITEMS = 200


def start(actor: Actor) -> Query:
    return first_paths()


def editor(draft: Draft) -> None:
    """From where to where, of what; how long and how fine; what sessions are."""
    locale, data = draft.locale, draft.data
    _what(draft)
    known = _known(draft)
    for name, label, none in (("start", START, ANYWHERE), ("end", END, ANY_END), ("goal", GOAL, NO_GOAL)):
        _item(draft.field(name), label, (none, known))
    choices.number(draft.field("max_steps"), STEPS, Range(5, 2, 20))
    choices.number(draft.field("limit"), EDGES, Range(50, 5, 200))
    with st.expander(HOW[locale], icon=":material/tune:", key="journeys_how"):
        _how(draft, known)
    rows = (data.get("where") or {}).get("values")
    with st.expander(f"{WHOLE[locale]} · {len(rows)}" if rows else WHOLE[locale], icon=":material/filter_list:", key="journeys_where"):
        where_editor(draft.field("where"))


def _kind(data: dict[str, Any]) -> str:
    if data.get("items") == []:
        return "events"
    return "pages" if [one.get("event") for one in data.get("events") or []] == [PAGE_VIEW] else "both"


def _what(draft: Draft) -> None:
    key = "edit_journeys_what"
    st.session_state[key] = _kind(draft.data)
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
    """What starts, ends and is the goal may not exist among the other kind of items: it goes."""
    kind = st.session_state["edit_journeys_what"] or "both"
    for name in ("events", "items", "start", "end", "goal", "exclude"):
        draft.data.pop(name, None)
    if kind == "pages":
        draft.data["events"] = [{"event": PAGE_VIEW}]
    elif kind == "events":
        draft.data["items"] = []
    draft.changed(draft)


def _known(draft: Draft) -> list[str]:
    """Items that occur, the most frequent first."""
    kind = _kind(draft.data)
    events = [name for name in event_names(draft.actor) if kind == "events" or name != PAGE_VIEW]
    return ([] if kind == "events" else _pages(draft.actor)) + ([] if kind == "pages" else events)


def _pages(actor: Actor) -> list[str]:
    query = Aggregate(metrics=("page_views",), by=("path",), period=Period("30d"), limit=MOST_ITEMS, totals=False)
    try:
        found = run(query, actor, utc_now()).frame["path"]
    except (Forbidden, InvalidQuery, WarehouseError):
        return []
    return [str(path) for path in found if path]


def _item(field: Field, label: Text, offered: tuple[Text, list[str]]) -> None:
    none, known = offered
    locale = field.locale
    st.session_state[field.key] = field.value
    st.selectbox(
        label[locale],
        list(dict.fromkeys([*([field.value] if field.value else []), *known])),
        index=None,
        key=field.key,
        placeholder=none[locale],
        accept_new_options=True,
        help=GOAL_HELP[locale] if label is GOAL else None,
        on_change=lambda: field.put(str(st.session_state[field.key])[:500] if st.session_state[field.key] else None),
    )


def _how(draft: Draft, known: list[str]) -> None:
    choices.toggle(draft.field("collapse"), COLLAPSE, start=True)
    _among(draft.field("gap_seconds"), GAP, GAPS, start="1800", number=int)
    _among(draft.field("min_share"), LEAST, SHARES, start="0", number=float)
    field = draft.field("exclude")
    st.session_state[field.key] = list(field.value or ())
    st.multiselect(
        EXCLUDE[draft.locale],
        list(dict.fromkeys([*(field.value or ()), *known])),
        key=field.key,
        placeholder=NOTHING[draft.locale],
        max_selections=50,
        select_all=False,
        on_change=lambda: field.put(list(st.session_state[field.key]) or None),
    )


def _among(field: Field, label: Text, options: dict[str, Text], *, start: str, number: type[int] | type[float]) -> None:
    """One of some numbers, in words; another one from the address stays as it is."""
    held = start if field.value is None else f"{field.value:g}"
    offered = options if held in options else options | {held: Text(held, held)}
    st.session_state[field.key] = held
    st.selectbox(
        label[field.locale],
        list(offered),
        format_func=lambda name: offered[name][field.locale],
        key=field.key,
        on_change=lambda: field.put(None if st.session_state[field.key] == start else number(st.session_state[field.key])),
    )


JOURNEYS = Analysis("journeys", TITLE, ("paths",), start, editor, journeys_report)
