"""The rows behind a number, in a dialog: a metric taken apart, or what lies behind a bar, a point or a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.dimensions import DIMENSIONS
from analytics.filters import Filter
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.people import People
from analytics.kinds.people_aggregate import personal
from analytics.metrics import METRICS
from analytics.query import InvalidQuery, Query, Scope
from analytics.result import Result
from analytics.run import Forbidden, run
from components import literal, states
from components import scope as address
from components.analysis.behind import open_behind
from components.draw import draw, sheet_html
from components.menu import downloads, meaning_html
from components.people import people_list
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports import dates
from reports.charts import VIEWS
from reports.charts.palette import SCREEN
from reports.charts.view import Sheet
from reports.drill import behind
from reports.report import Panel, answer
from reports.sentences import filters_sentence

BEHIND = Text("Behind “{title}”", "Derrière « {title} »")
NARROW = Text("Filter the page: {said}", "Filtrer la page : {said}")
WHO = Text("The people behind it", "Les personnes derrière ce nombre")
BY = Text("Break down by", "Ventiler par")
CUTS = ("plan", "country", "channel", "kind", "device", "event", "page", "provider")
MOST = 50
_WANTED, _TURN = "vigie_wanted", "vigie_turn_"


def want(panel: str, picked: Mapping[str, str]) -> None:
    """Called when a mark, a row or a number is clicked; the run that follows opens it."""
    st.session_state[_TURN + panel] = turn(panel) + 1
    if picked:
        st.session_state[_WANTED] = (panel, dict(picked))


def turn(panel: str) -> int:
    """How often something was clicked in the panel."""
    return int(st.session_state.get(_TURN + panel, 0))


def open_wanted(panels: Iterable[Panel], scope: Scope, actor: Actor) -> None:
    """Open what was clicked in one of these panels.

    TRICKY: a dialog cannot be opened by the parallel fragments of a whole run, so the page asks first, for all panels.
    """
    name, picked = st.session_state.get(_WANTED, ("", {}))
    panel = next((p for p in panels if p.name == name), None)
    if panel is None:
        return
    del st.session_state[_WANTED]
    if picked.get("metric") in METRICS:
        metric(picked["metric"], _narrowed(scope, picked), actor)
    else:
        rows(panel, picked, scope, actor)


def _narrowed(scope: Scope, picked: Mapping[str, str]) -> Scope:
    """The scope with the slice that was clicked, where it was one."""
    if not (by := picked.get("by")):
        return scope
    chosen = Filter("is", by, (picked["slice"],)) if picked.get("slice") else Filter("is_not_set", by)
    return scope.model_copy(update={"filters": tuple(dict.fromkeys((*scope.filters, chosen)))})


def rows(panel: Panel, picked: Mapping[str, str], scope: Scope, actor: Actor) -> None:
    """What lies behind the mark or row that was chosen."""
    query = behind(panel, picked, scope)
    if query is None:
        return

    if isinstance(query, People):
        open_behind(query, panel.title, actor)
        return

    @st.dialog(literal.markdown(BEHIND[actor.locale].format(title=panel.title[actor.locale])), width="large")
    def opened() -> None:
        result = _answered(query, actor)
        if result is None or states.instead(result, actor.locale):
            return
        st.html(f'<p class="vg-fact">{literal.text(_context(result, actor))}</p>')
        _narrow(query, scope, actor)
        shown = Panel(f"rows_{panel.name}", panel.title, query, "table", options=panel.options.get("drill_table", {}))
        drawing = VIEWS["table"].draw(result, shown, SCREEN, actor.locale)
        assert isinstance(drawing, Sheet)
        st.html(sheet_html(drawing))
        downloads(shown.name, result, actor)
        if isinstance(query, Aggregate):
            who(query.model_copy(update={"by": (), "order": None, "limit": None}), actor)

    opened()


def _narrow(query: Query, scope: Scope, actor: Actor) -> None:
    """A button that filters the whole page by what was clicked."""
    chosen = tuple(f for f in query.filters if f not in scope.filters)
    if not chosen:
        return
    said = NARROW[actor.locale].format(said=filters_sentence(chosen, actor.locale))
    if st.button(literal.markdown(said), key="drill_narrow", icon=":material/filter_alt:"):
        address.change(filters=(*scope.filters, *chosen))
        st.rerun()


def who(of: Aggregate, actor: Actor) -> None:
    """The people behind the first metric that has any, for those who may see them, when they are asked for."""
    name = next((name for name in of.metrics if personal(name)), None)
    if name is None or not actor.may(Permission.READ_PEOPLE):
        return
    if st.toggle(WHO[actor.locale], key=f"who_{name}"):
        people_list(People(of=of, metric=name), actor)


def metric(name: str, scope: Scope, actor: Actor) -> None:
    """One number: its definition, its course, and what it is made of."""
    of = METRICS[name]

    @st.dialog(literal.markdown(of.label[actor.locale]), width="large")
    def opened() -> None:
        st.html(meaning_html([of], actor.locale))
        if scope.filters:
            st.html(f'<p class="vg-fact">{literal.text(filters_sentence(scope.filters, actor.locale))}</p>')
        course = Aggregate(metrics=(name,), grain="day", compare="previous")
        _drawn(Panel(f"course_{name}", of.label, course, "lines", height=200), scope, actor)
        fixed = {chosen.dimension for chosen in scope.filters}
        cuts = [cut for cut in CUTS if cut in _offered(name) - fixed]
        if cuts:
            labels = {cut: DIMENSIONS[cut].label[actor.locale] for cut in cuts}
            cut = st.segmented_control(
                BY[actor.locale], cuts, default=cuts[0], required=True, format_func=lambda c: labels[c], key=f"cut_{name}"
            )
            parts = Aggregate(metrics=(name,), by=(cut or cuts[0],), compare="previous", limit=MOST)
            panel = Panel(f"parts_{name}", of.label, parts, "table", options={"bars": (name,)})
            _drawn(panel, scope.model_copy(update={"grain": None}), actor)
        who(Aggregate(metrics=(name,)).within(scope), actor)

    opened()


def _offered(name: str) -> frozenset[str]:
    """The dimensions that every source behind the metric knows."""
    of = METRICS[name]
    if of.source is not None:
        return of.source.dimensions
    return frozenset.intersection(*(_offered(need) for need in of.needs)) if of.needs else frozenset()


def _drawn(panel: Panel, scope: Scope, actor: Actor) -> None:
    try:
        result = answer(panel, scope, actor, utc_now())
    except (Forbidden, InvalidQuery, WarehouseError) as error:
        states.failure(error, actor.locale)
        return
    if states.instead(result, actor.locale):
        return
    draw(VIEWS[panel.view].draw(result, panel, SCREEN, actor.locale), f"view_{panel.name}", panel.title[actor.locale])
    if panel.view == "table":
        downloads(panel.name, replace(result), actor)


def _answered(query: Query, actor: Actor) -> Result | None:
    try:
        return run(query, actor, utc_now())
    except (Forbidden, InvalidQuery, WarehouseError) as error:
        states.failure(error, actor.locale)
        return None


def _context(result: Result, actor: Actor) -> str:
    said = dates.period(result.period, actor.locale)
    return f"{said} · {filters_sentence(result.query.filters, actor.locale)}" if result.query.filters else said
