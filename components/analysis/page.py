"""An analysis page: the head with its scope, the bar of saved analyses, the editor beside the panels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from components import drill, literal, page, scope, session, states, theme
from components.analysis import address
from components.analysis.address import Asked
from components.analysis.analysis import Analysis
from components.analysis.saved_bar import saved_bar
from components.languages import languages
from components.scope_bar import chips
from data_access.clock import utc_now
from data_access.errors import WarehouseError
from reports.library.fitting import fitting
from reports.report import Report

EDITOR = Text("The question", "La question")


@dataclass(frozen=True)
class _Reader:
    actor: Actor
    now: datetime
    choice: scope.Choice


def show_analysis(of: Analysis) -> None:
    """Draw the page for whoever is signed in, with the question and the scope of the address."""
    actor, now = session.require(of.permission), utc_now()
    theme.apply()
    st.logo(str(theme.MARK), size="medium")
    languages(actor)
    scope.follow(of.name)
    asked = address.read(of, actor)
    reader = _Reader(actor, now, scope.read(actor, now))
    report = of.report(asked.query, address.view(of))
    fitted = _fitted(report, reader)
    if fitted is not None and fitted.panels:
        _shown(of, asked, fitted, reader)
        return
    page.head(Report(report.name, report.title, report.description, ()), reader.choice, actor, (now, None))
    if fitted is not None:
        states.state(states.NOTHING[actor.locale], states.NOTHING_NEXT[actor.locale])


def _fitted(report: Report, reader: _Reader) -> Report | None:
    """The report for this tenant; where the warehouse does not answer, that is said and nothing follows."""
    try:
        return fitting(report, reader.actor, reader.now)
    except WarehouseError as error:
        states.failure(error, reader.actor.locale)
        return None


def _shown(of: Analysis, asked: Asked, report: Report, reader: _Reader) -> None:
    actor, choice = reader.actor, reader.choice
    first = page.first_answer(report, choice, actor, reader.now)
    page.head(report, choice, actor, (reader.now, first))
    page.banner(first, actor, reader.now)
    for notice in (*asked.notices, *choice.notices, *page.uncompared(report, choice, actor)):
        st.html(f'<div class="vg-notice" role="alert">{literal.text(notice)}</div>')
    chips(choice, actor)
    saved_bar(of, asked, choice.scope, actor)
    drill.open_wanted(report.panels, choice.scope, actor)
    form, answers = st.columns([4, 8], gap="small")
    with form:
        _editor(of, asked)
    with answers:
        for row in page.rows(report.panels):
            page.draw_row(row, choice)
    page.foot(actor)


def _editor(of: Analysis, asked: Asked) -> None:
    """The form; what keeps the draft from being asked is said on top, and the panels go on showing the last question that could be."""
    with st.container(key=f"card_editor_{of.name}"):
        st.html(f'<div class="vg-title"><h2>{EDITOR[asked.draft.locale]}</h2></div>')
        if asked.why:
            st.html(f'<div class="vg-notice" role="alert">{literal.text(asked.why)}</div>')
        of.editor(asked.draft)
