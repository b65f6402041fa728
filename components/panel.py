"""One card: title, note, menu, and a drawing or the reason why there is none.

Each panel is a fragment of its own that runs beside the others: a slow one holds nothing up, a failed one stays alone,
and what is clicked inside it reruns only it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.query import InvalidQuery, Scope
from analytics.result import Result
from analytics.run import Forbidden
from components import drill, literal, session, states
from components.draw import chosen_row, draw, picked, rows, sentences, tiles_html
from components.menu import menu
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports.charts import VIEWS
from reports.charts.palette import SCREEN
from reports.charts.view import Sentences, Sheet, Tile, Tiles
from reports.report import Panel, answer
from reports.sentences import query_sentence

log = logging.getLogger(__name__)
FLAGS = {
    "partial": Text("Not over yet", "En cours"),
    "open": Text("Some may still convert", "Certains peuvent encore aboutir"),
    "stale": Text("Stale data", "Données anciennes"),
    "truncated": Text("First rows only", "Premières lignes seulement"),
    "no_rate": Text("Some amounts left out: no exchange rate", "Certains montants exclus : taux de change absent"),
    "not_applicable": Text("Some numbers do not know this filter", "Certains chiffres ne connaissent pas ce filtre"),
    "budget": Text("Stopped early: not everything was counted", "Interrompu : tout n’a pas été compté"),
    "last_good": Text("Last good answer", "Dernière réponse valable"),
}
TOP = ("ranked", "table", "heat_table", "world", "changes")  # meant to show the first rows only
UNDER_TILES = ("truncated", "no_rate", "not_applicable", "budget", "last_good")  # the head of the page says the others
OPEN = Text("{label}: details", "{label} : détails")


@st.fragment(parallel=True)
def panel_card(panel: Panel, scope: Scope) -> None:
    """The panel inside the scope, for whoever is signed in now."""
    actor = session.current()
    if actor is None:
        return
    now = utc_now()
    try:
        result = answer(panel, scope, actor, now)
    except (Forbidden, InvalidQuery, WarehouseError) as error:
        _instead(panel, actor, error)
    except Exception as error:  # whatever it is, it must not take the page with it
        log.exception("panel %s failed", panel.name)
        _instead(panel, actor, error)
    else:
        _tiles(panel, result, scope, actor) if panel.view == "tiles" else _card(panel, result, scope, actor)


def _instead(panel: Panel, actor: Actor, error: Exception) -> None:
    with st.container(key=f"card_{panel.name}"):
        st.html(title_html(panel, actor.locale))
        states.failure(error, actor.locale)


def title_html(panel: Panel, locale: str, result: Result | None = None) -> str:
    note = f"<p>{literal.text(panel.note[locale])}</p>" if panel.note else ""
    unsaid = {*(("truncated",) if panel.view in TOP else ()), *panel.options.get("unsaid", ())}
    flags = flags_html(result, locale, FLAGS.keys() - unsaid) if result else ""
    return f'<div class="vg-title"><h2>{literal.text(panel.title[locale])}</h2>{flags}{note}</div>'


def flags_html(result: Result, locale: str, wanted: Collection[str]) -> str:
    """One mark per kind of warning; what it means in full when pointed at."""
    said = {w.code: w.text[locale] for w in reversed(result.warnings) if w.code in wanted}
    return "".join(
        f'<span class="vg-flag vg-flag-{code}" title="{literal.text(said[code])}">{literal.text(FLAGS[code][locale])}</span>'
        for code in FLAGS
        if code in said
    )


def _card(panel: Panel, result: Result, scope: Scope, actor: Actor) -> None:
    with st.container(key=f"card_{panel.name}"):
        with st.container(key=f"head_{panel.name}", horizontal=True):
            st.html(title_html(panel, actor.locale, result))
            menu(panel, result, actor, utc_now())
        if not states.instead(result, actor.locale):
            _drawing(panel, result, scope, actor)


def _drawing(panel: Panel, result: Result, scope: Scope, actor: Actor) -> None:
    """The drawing; a click on it opens what lies behind."""
    drawing = VIEWS[panel.view].draw(result, panel, SCREEN, actor.locale)
    alt = f"{panel.title[actor.locale]}. {query_sentence(result.query, actor.locale)}."
    if isinstance(drawing, Sentences) and any(one.metric for one in drawing.sentences):
        sentences(drawing, panel.name, lambda told: drill.want(panel.name, told))
        drill.open_wanted((panel,), scope, actor)
        return
    if panel.drill is None or not VIEWS[panel.view].clicks:
        draw(drawing, f"view_{panel.name}", alt)
        return
    # A new key after each click: what was chosen is forgotten, so that the same mark can be clicked again.
    key = f"view_{panel.name}_{drill.turn(panel.name)}"
    if isinstance(drawing, Sheet):
        rows(drawing, key, lambda: drill.want(panel.name, chosen_row(drawing, key)))
    else:
        draw(drawing, key, alt, lambda: drill.want(panel.name, picked(key)))
    drill.open_wanted((panel,), scope, actor)


def _tiles(panel: Panel, result: Result, scope: Scope, actor: Actor) -> None:
    """The numbers as one piece of HTML; over each an unseen button with its definition, which opens its details."""
    drawing = VIEWS["tiles"].draw(result, panel, SCREEN, actor.locale)
    assert isinstance(drawing, Tiles)
    with st.container(key=f"tiles_{panel.name}"):
        st.html(tiles_html(drawing.tiles))
        with st.container(key=f"hits_{panel.name}"):
            for tile in drawing.tiles:
                _hit(panel, tile, actor.locale)
        if flags := flags_html(result, actor.locale, UNDER_TILES):
            st.html(f'<div class="vg-under">{flags}</div>')
    drill.open_wanted((panel,), scope, actor)


def _hit(panel: Panel, tile: Tile, locale: str) -> None:
    st.button(
        literal.markdown(OPEN[locale].format(label=tile.label)),
        key=f"tile_{panel.name}_{tile.metric}",
        help=literal.markdown(tile.hint),
        width="stretch",
        on_click=drill.want,
        args=(panel.name, {"metric": tile.metric}),
    )
