"""Who is behind a mark that was clicked, and where to go from there: closer in time, into a breakdown, onto the paths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time

import orjson
import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel
from analytics.kinds.paths import Paths
from analytics.kinds.people_query import People
from analytics.segment_names import title as called
from components import literal, scope
from components.analysis.path_ways import path_title, path_ways
from components.people import people_list
from data_access.clock import utc_now
from reports import dates
from reports.charts.dropoff import NOTHING, named
from reports.drill import bucket_period
from reports.sentences import filters_sentence

CAME = Text("Came to step {step}: {title}", "Arrivés à l’étape {step} : {title}")
LOST = Text("Dropped before step {step}: {title}", "Perdus avant l’étape {step} : {title}")
ENTERED = Text("Entered the funnel", "Entrés dans l’entonnoir")
BEHIND = Text("Behind “{title}”", "Derrière « {title} »")
TODAY = Text("In “{name}” today", "Dans « {name} » aujourd’hui")
ZOOM = Text("Look at {period} only", "Ne regarder que {period}")
SPLIT = Text("Break the funnel down by it", "Ventiler l’entonnoir ainsi")
REASONS = Text("Why they drop here", "Pourquoi ils partent ici")
AFTER, BEFORE = Text("Paths after it", "Parcours ensuite"), Text("Paths before it", "Parcours avant")
JOURNEYS = "pages/journeys.py"


def title(query: People, panel: Text, locale: str) -> str:
    """`Dropped before step 3: sign_up_password_set · Browser: Safari`."""
    of = query.of
    if isinstance(of, Paths):
        return path_title(query, locale)
    if isinstance(of, DropOff):
        return f"{panel[locale]} · {query.what or NOTHING[locale]}"
    if of is None and query.segment:
        return TODAY[locale].format(name=called(query.segment))
    if not isinstance(of, Funnel):
        return BEHIND[locale].format(title=panel[locale])
    said = ENTERED[locale]
    if query.step is not None:
        template = LOST if query.outcome == "dropped" else CAME
        said = template[locale].format(step=query.step, title=of.steps[query.step - 1].title)
    cut = [named(name, raw, locale) for name, raw in zip(of.by, query.slice or (), strict=False)]
    return " · ".join([said, *cut, *([dates.bucket(_start(query.bucket), of.grain, locale)] if query.bucket else [])])


def _start(day: date) -> datetime:
    return day if isinstance(day, datetime) else datetime.combine(day, time())


def open_behind(query: People, panel: Text, actor: Actor) -> None:
    """A dialog with the people of the cell, and ways on."""

    @st.dialog(literal.markdown(title(query, panel, actor.locale)), width="large")
    def opened() -> None:
        if filters := query.asked.filters:
            st.html(f'<p class="vg-fact">{literal.text(filters_sentence(filters, actor.locale))}</p>')
        if isinstance(query.of, Funnel):
            with st.container(key="ways_on", horizontal=True, gap="small"):
                _ways_on(query, query.of, actor)
        elif isinstance(query.of, Paths):
            path_ways(query, query.of, actor.locale)
        people_list(query, actor)

    opened()


def _ways_on(query: People, of: Funnel, actor: Actor) -> None:
    locale = actor.locale
    if query.bucket is not None:
        period = bucket_period(str(query.bucket), of.grain)
        said = dates.period(period.resolve(utc_now(), actor.tenant), locale)
        _way(ZOOM.format(period=said)[locale], ":material/zoom_in:", lambda: scope.change(period=period, grain=None))
    if query.step and query.outcome == "dropped":
        _way(REASONS[locale], ":material/help:", lambda: st.query_params.update({"view": str(query.step)}))
    if of.by and query.slice is not None:
        _way(SPLIT[locale], ":material/call_split:", lambda: _ask(of))
    if query.step and (item := passed(query, of)):
        _paths(AFTER[locale], {"kind": "paths", "start": item})
        _paths(BEFORE[locale], {"kind": "paths", "end": item})


def _way(label: str, icon: str, go: Callable[[], None]) -> None:
    """A button that changes the address and closes the dialog."""
    if st.button(literal.markdown(label), key=f"way_{icon}", icon=icon):
        go()
        st.rerun()


def _ask(of: Funnel) -> None:
    """The funnel with its breakdown, as the page's question."""
    kept = {name: value for name, value in of.to_json().items() if name not in ("period", "filters", "view", "grain", "limit", "bins")}
    st.query_params["q"] = orjson.dumps(kept).decode()


def _paths(label: str, question: dict[str, str]) -> None:
    params = {"q": orjson.dumps(question).decode()} | {name: st.query_params[name] for name in scope.NAMES if name in st.query_params}
    st.page_link(JOURNEYS, label=literal.markdown(label), icon=":material/route:", query_params=params)


def passed(query: People, of: Funnel) -> str | None:
    """The event at which these people were last seen in the funnel, by its name on a path; None where it is not one event."""
    at = (query.step or 1) - 1
    step = of.steps[of.plan().previous(at) if query.outcome == "dropped" else at]
    events = [one.event for one in step.alternatives]
    return events[0] if len(events) == 1 else None
