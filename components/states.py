"""What a panel shows instead of a chart: empty, forbidden, failed, too slow, no longer applicable. Each says what to do next."""

from __future__ import annotations

import streamlit as st

from accounts.language import Text
from analytics.result import Result
from analytics.run import Forbidden
from components import literal
from reports.reasons import INVALID, reason

EMPTY = Text("Nothing in this period", "Rien sur cette période")
EMPTY_NEXT = Text("Choose a longer period or remove a filter.", "Choisissez une période plus longue ou retirez un filtre.")
NOTHING = Text("No data yet", "Pas encore de données")
NOTHING_NEXT = Text(
    "Import a file with `vigie import FILE --map MAP.toml`, or send events to the API; this page fills itself.",
    "Importez un fichier avec `vigie import FICHIER --map MAP.toml` ou envoyez des événements à l’API ; cette page se remplit toute seule.",
)
NOT_APPLICABLE = Text("Not with these filters", "Impossible avec ces filtres")
NOT_APPLICABLE_NEXT = Text("Remove a filter that these numbers do not know.", "Retirez un filtre que ces chiffres ne connaissent pas.")


def state(title: str, hint: str, tone: str = "flat") -> None:
    """A quiet box; words between backticks are commands."""
    parts = literal.text(hint).split("`")
    said = "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))
    st.html(f'<div class="vg-state vg-{tone}" role="status"><b>{literal.text(title)}</b><span>{said}</span></div>')


def failure(error: Exception, locale: str) -> None:
    """The state of a panel whose question could not be answered."""
    title, hint = reason(error)
    state(title[locale], hint[locale], "flat" if title is INVALID or isinstance(error, Forbidden) else "bad")


NO_RATE = Text("An exchange rate is missing", "Il manque un taux de change")


def instead(result: Result, locale: str) -> bool:
    """Draw why there is nothing to draw; False where there is something."""
    if result.warned("not_applicable") and _nothing(result):
        state(NOT_APPLICABLE[locale], NOT_APPLICABLE_NEXT[locale])
    elif result.warned("no_rate") and _nothing(result):
        state(NO_RATE[locale], next(w.text[locale] for w in result.warnings if w.code == "no_rate"))
    elif result.empty or _nothing(result):
        state(EMPTY[locale], EMPTY_NEXT[locale])
    else:
        return False
    return True


def _nothing(result: Result) -> bool:
    """No row, or no metric that says anything."""
    values = [c.name for c in result.columns if c.role == "metric" and c.name in result.frame.columns]
    return result.frame.empty or (bool(values) and bool(result.frame[values].isna().all(axis=None)))
