"""A built-in page: a head with its controls, the panels of one Report in rows, a foot."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.query import InvalidQuery, Scope
from analytics.result import Result
from analytics.run import Forbidden
from components import drill, literal, scope, session, states, theme
from components.languages import languages
from components.panel import panel_card
from components.scope_bar import chips, scope_bar
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports import dates, words
from reports.bundle import bundle
from reports.formats import file_name
from reports.library.fitting import fitting
from reports.report import Panel, Report, answer

log = logging.getLogger(__name__)
WIDTHS = {"full": 12, "two_thirds": 8, "half": 6, "third": 4}
EXPORT = Text("Export", "Exporter")
EXPORT_HINT = Text("Every panel as CSV, in one zip", "Chaque panneau en CSV, dans un zip")
LAST_GOOD = Text(
    "The warehouse does not answer. These are the last good numbers, with data as of {instant}; reload to try again.",
    "L’entrepôt de données ne répond pas. Voici les derniers chiffres valables, données au {instant} ; rechargez pour réessayer.",
)
STALE = Text(
    "No new data for more than a day: the last is of {instant}.",
    "Aucune donnée nouvelle depuis plus d’un jour : la dernière date du {instant}.",
)
BANNERS = {"last_good": (LAST_GOOD, "bad"), "stale": (STALE, "warn")}  # the first that applies is said, once for the page
UNCOMPARED = Text(
    "This page shows no comparison: the one in the address is left out here.",
    "Cette page ne montre pas de comparaison : celle de l’adresse est ignorée ici.",
)
FOOT = Text(
    "Times are those of {zone}; weeks start on {day}; money is in {currency}.",
    "Heures de {zone} ; semaines à partir du {day} ; montants en {currency}.",
)


def show(report: Report, controls: Callable[[Actor], None] | None = None) -> None:
    """Draw the report for whoever is signed in, inside the scope of the address; `controls` are drawn under its head."""
    actor, now = session.require(report.permission), utc_now()
    theme.apply()
    st.logo(str(theme.MARK), size="medium")
    languages(actor)
    scope.follow(report.name)
    choice = scope.read(actor, now)
    fitted = _fitted(report, actor, now)
    first = first_answer(fitted or report, choice, actor, now)
    head(fitted or report, choice, actor, (now, first))
    if fitted is None:
        return
    banner(first, actor, now)
    for notice in (*choice.notices, *uncompared(fitted, choice, actor)):
        st.html(f'<div class="vg-notice" role="alert">{literal.text(notice)}</div>')
    chips(choice, actor)
    if not fitted.panels:
        states.state(states.NOTHING[actor.locale], states.NOTHING_NEXT[actor.locale])
        return
    if controls is not None:
        controls(actor)
    drill.open_wanted(fitted.panels, choice.scope, actor)
    for row in rows(fitted.panels):
        draw_row(row, choice)
    foot(actor)


def _fitted(report: Report, actor: Actor, now: datetime) -> Report | None:
    """The report for this tenant; where the warehouse does not answer, that is said and nothing follows."""
    try:
        return fitting(report, actor, now)
    except WarehouseError as error:
        states.failure(error, actor.locale)
        return None


def uncompared(report: Report, choice: scope.Choice, actor: Actor) -> tuple[str, ...]:
    """What is said where the address asks for another comparison than usual and nothing on the page shows one."""
    unseen = report.panels and not report.compares and choice.scope.compare not in (None, Scope().compare)
    return (UNCOMPARED[actor.locale],) if unseen else ()


def rows(panels: Iterable[Panel]) -> list[list[Panel]]:
    """Panels side by side as long as their widths fit."""
    filled: list[list[Panel]] = []
    for panel in panels:
        if not filled or sum(WIDTHS[p.width] for p in filled[-1]) + WIDTHS[panel.width] > 12:
            filled.append([])
        filled[-1].append(panel)
    return filled


def draw_row(row: list[Panel], choice: scope.Choice) -> None:
    if len(row) == 1:
        panel_card(row[0], choice.scope)
        return
    for place, panel in zip(st.columns([WIDTHS[p.width] for p in row], gap="small"), row, strict=True):
        with place:
            panel_card(panel, choice.scope)


def banner(result: Result | None, actor: Actor, now: datetime) -> None:
    """What is true of the whole page: the numbers are old, or from before the warehouse went away."""
    code = next((code for code in BANNERS if result and result.warned(code)), None)
    if code is None or result is None:
        return
    text, tone = BANNERS[code]
    at = dates.instant(result.freshness, actor.tenant, actor.locale, now) if result.freshness else words.MISSING
    st.html(f'<div class="vg-notice vg-{tone}" role="alert">{literal.text(text[actor.locale].format(instant=at))}</div>')


def head(report: Report, choice: scope.Choice, actor: Actor, known: tuple[datetime, Result | None]) -> None:
    now, first = known
    with st.container(key="page_head", horizontal=True):
        context = context_line(first, choice, actor, now)
        st.html(f'<div class="vg-head"><h1>{literal.text(report.title[actor.locale])}</h1><p>{literal.text(context)}</p></div>')
        scope_bar(choice, actor, now, compares=report.compares)
        if actor.may(Permission.EXPORT) and report.panels:
            _export(report, choice, actor, now)


def context_line(result: Result | None, choice: scope.Choice, actor: Actor, now: datetime) -> str:
    """What period, compared with what, data as of when."""
    if result is not None:
        return dates.context(result, actor.tenant, actor.locale, now)
    return dates.period(choice.scope.period.resolve(now, actor.tenant), actor.locale)


def first_answer(report: Report, choice: scope.Choice, actor: Actor, now: datetime) -> Result | None:
    """The answer of the first panel that has one: the head and the banner speak from it."""
    answers = (_answered(panel, choice, actor, now) for panel in report.panels if not panel.fixed)
    return next((result for result in answers if result is not None), None)


def _answered(panel: Panel, choice: scope.Choice, actor: Actor, now: datetime) -> Result | None:
    try:
        return answer(panel, choice.scope, actor, now)
    except (Forbidden, InvalidQuery, WarehouseError):
        return None
    except Exception:  # the panel itself says so; the head must stand
        log.exception("panel %s failed", panel.name)
        return None


def _export(report: Report, choice: scope.Choice, actor: Actor, now: datetime) -> None:
    first = choice.scope.period.resolve(now, actor.tenant).first.isoformat()
    st.download_button(
        EXPORT[actor.locale],
        data=_bundled(report, choice, actor, now),
        file_name=file_name(report.name, first, extension="zip"),
        mime="application/zip",
        icon=":material/download:",
        help=EXPORT_HINT[actor.locale],
        on_click="ignore",
        key="export",
    )


def _bundled(report: Report, choice: scope.Choice, actor: Actor, now: datetime) -> Callable[[], bytes]:
    return lambda: bundle(report, choice.scope, actor, now)


def foot(actor: Actor) -> None:
    weekday = dates.weekday(actor.tenant.week_start, actor.locale)
    said = FOOT[actor.locale].format(zone=actor.tenant.time_zone, day=weekday, currency=actor.tenant.currency)
    st.html(f'<footer class="vg-foot"><span>{literal.text(actor.tenant.name)}</span><span>{literal.text(said)}</span></footer>')
