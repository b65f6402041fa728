"""How Acquisition attributes: window, half-life, direct visits and touchpoints, kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from accounts.actor import Actor
from accounts.language import Text
from analytics.kinds.attribution_query import Attribution
from reports.report import Panel, Report

NOTE = Text(
    "Up to {lookback} days before; half-life {half} days; position-based 40/20/40. Choose a row for its people",
    "Jusqu’à {lookback} jours avant ; demi-vie {half} jours ; position 40/20/40. Choisissez une ligne pour voir les personnes",
)
TITLE = Text("Attribution settings", "Réglages d’attribution")
DAY = Text("1 day", "1 jour")
DAYS = Text("{days} days", "{days} jours")


@dataclass(frozen=True)
class Setting:
    """One control: the field of the question, its name in the address, and its choices; what the question's own default is."""

    field: str
    address: str
    label: Text
    choices: Mapping[str, Text]

    @property
    def default(self) -> str:
        return f"{Attribution.model_fields[self.field].default}".removesuffix(".0")

    def chosen(self) -> str:
        """What the address says, else the default."""
        said = str(st.query_params.get(self.address, ""))
        return said if said in self.choices else self.default


def _days(*numbers: int) -> dict[str, Text]:
    return {str(n): Text(DAYS.en.format(days=n), DAYS.fr.format(days=n)) if n > 1 else DAY for n in numbers}


SETTINGS = (
    Setting("lookback_days", "lookback", Text("Look back", "Fenêtre"), _days(7, 30, 90)),
    Setting("half_life_days", "half_life", Text("Half-life of time decay", "Demi-vie de la décroissance"), _days(1, 7, 14)),
    Setting(
        "direct",
        "direct",
        Text("Direct visits", "Visites directes"),
        {"counts": Text("Count", "Comptent"), "last_resort": Text("Only if nothing else", "Seulement à défaut")},
    ),
    Setting(
        "touchpoints",
        "touchpoints",
        Text("Touchpoints", "Points de contact"),
        {"stated": Text("As stated, else visits", "Déclarés, sinon visites"), "visits": Text("Visits only", "Visites seules")},
    ),
)


def configured(report: Report) -> Report:
    """The report with its questions of attribution asked as the address says."""
    chosen = {one.field: one.chosen() for one in SETTINGS}
    changes = {name: int(value) if value.isdigit() else value for name, value in chosen.items()}
    return replace(report, panels=tuple(_asked(panel, changes) for panel in report.panels))


def _asked(panel: Panel, changes: Mapping[str, Any]) -> Panel:
    if not isinstance(panel.query, Attribution):
        return panel
    words = {"lookback": changes["lookback_days"], "half": changes["half_life_days"]}
    note = Text(NOTE.en.format(**words), NOTE.fr.format(**words)) if panel.view == "attribution_table" else panel.note
    return replace(panel, query=panel.query.model_copy(update=dict(changes)), note=note)


def controls(actor: Actor) -> None:
    """A button with the settings; its label tells how many differ from the defaults."""
    locale, moved = actor.locale, sum(one.chosen() != one.default for one in SETTINGS)
    with st.popover(TITLE[locale] + (f" · {moved}" if moved else ""), icon=":material/tune:", key="attribution_settings"):
        for one in SETTINGS:
            st.session_state[f"attribution_{one.address}"] = one.chosen()
            names = {name: text[locale] for name, text in one.choices.items()}
            st.radio(
                one.label[locale],
                list(names),
                format_func=names.__getitem__,
                key=f"attribution_{one.address}",
                horizontal=True,
                on_change=_kept,
                args=(one,),
            )


def _kept(one: Setting) -> None:
    chosen = st.session_state[f"attribution_{one.address}"]
    if chosen == one.default:
        st.query_params.pop(one.address, None)
    else:
        st.query_params[one.address] = chosen
