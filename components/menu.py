"""What stands behind a panel: what its numbers mean, how fresh they are, their SQL, and the rows to take away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from accounts.roles import Permission
from analytics.metric import Metric
from analytics.result import Result
from components import literal
from reports import dates, sentences
from reports.formats import FORMATS, file_name
from reports.report import Panel

ABOUT = Text("About “{title}”: definition, freshness, download", "À propos de « {title} » : définition, fraîcheur, téléchargement")
FROM = Text("Computed from: {names}.", "Calculé à partir de : {names}.")
FRESH = Text("Data as of {instant}.", "Données au {instant}.")
RAW, AS_SHOWN = Text("CSV, raw numbers", "CSV, nombres bruts"), Text("CSV, as shown", "CSV, comme affiché")
SQL = Text("SQL", "SQL")


def menu(panel: Panel, result: Result, actor: Actor, now: datetime) -> None:
    """A button whose content is only worked out when it is opened."""
    label = literal.markdown(ABOUT[actor.locale].format(title=panel.title[actor.locale]))
    with st.container(key=f"menu_{panel.name}", width="content"):
        popover = st.popover(label, icon=":material/more_horiz:", key=f"about_{panel.name}", on_change="rerun")
        if popover.open:
            with popover:
                about(panel, result, actor, now)


def about(panel: Panel, result: Result, actor: Actor, now: datetime) -> None:
    """Definitions, freshness, warnings; then downloads and SQL for those who may."""
    st.html(meaning_html(result.metrics, actor.locale) + _facts(result, actor, now))
    if actor.may(Permission.EXPORT):
        downloads(panel.name, result, actor)
    if actor.may(Permission.BUILD) and result.sql:
        with st.expander(SQL[actor.locale], icon=":material/code:"):
            st.code("\n\n".join(result.sql), language="sql", wrap_lines=True)


def meaning_html(metrics: Iterable[Metric], locale: str) -> str:
    entries = []
    for metric in metrics:
        said = metric.description[locale]
        if metric.footnote:
            said += " " + metric.footnote[locale]
        if computed := sentences.formula(metric, locale):
            said += " " + FROM[locale].format(names=computed)
        entries.append(f"<div><dt>{literal.text(metric.label[locale])}</dt><dd>{literal.text(said)}</dd></div>")
    return f'<dl class="vg-meaning">{"".join(entries)}</dl>' if entries else ""


def _facts(result: Result, actor: Actor, now: datetime) -> str:
    said = [sentences.query_sentence(result.query, actor.locale) + "."]
    if result.freshness:
        said.append(FRESH[actor.locale].format(instant=dates.instant(result.freshness, actor.tenant, actor.locale, now)))
    said += [warning.text[actor.locale] for warning in result.warnings]
    return "".join(f'<p class="vg-fact">{literal.text(one)}</p>' for one in said)


def downloads(name: str, result: Result, actor: Actor) -> None:
    """Files are made when they are asked for, not before."""
    with st.container(horizontal=True, gap="small", key=f"take_{name}"):
        for formatted, label in ((False, RAW), (True, AS_SHOWN)):
            st.download_button(
                label[actor.locale],
                data=_file(result, actor.locale, formatted),
                file_name=file_name(name, result.period.first.isoformat(), extension=FORMATS["csv"].extension),
                mime=FORMATS["csv"].mime,
                key=f"csv_{name}_{formatted}",
                icon=":material/download:",
                on_click="ignore",
            )


def _file(result: Result, locale: str, formatted: bool) -> Callable[[], bytes]:
    return lambda: FORMATS["csv"].render(result, locale, formatted)
