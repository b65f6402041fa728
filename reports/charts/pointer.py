"""What the mouse meets on a line chart: a column per bucket that lights up, says its numbers and can be clicked."""

from __future__ import annotations

import altair as alt
import pandas as pd

from accounts.language import Text
from reports.charts.palette import Palette
from reports.charts.traces import Traces
from reports.charts.view import PICK

VALUE, THEN = Text("Value", "Valeur"), Text("Compared", "Comparé")
WHEN, MOVE = Text("When", "Quand"), Text("Change", "Évolution")


def columns(drawn: Traces, scale: alt.Scale, palette: Palette, locale: str) -> list[alt.Chart]:
    """The columns, over a dot on the line of a single series."""
    rows, tips = _words(drawn, locale)
    rows = rows.assign(left=(rows["i"] - 0.5).clip(lower=0), right=(rows["i"] + 0.5).clip(upper=max(len(drawn.starts) - 1, 1)))
    hover = alt.selection_point(name="hover", on="pointerover", clear="pointerout", fields=["key"], empty=False)
    pick = alt.selection_point(name=PICK, fields=["key"], on="click", empty=False)
    column = (
        alt.Chart(rows)
        .mark_rect(color=palette.hover, cursor="pointer")
        .encode(
            x=alt.X("left:Q"),
            x2="right:Q",
            opacity=alt.condition(hover, alt.value(0.08), alt.value(0)),
            tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in tips],
        )
        .add_params(hover, pick)
    )
    return [column] if drawn.sliced else [_dots(rows, scale, hover, palette), column]


def _dots(rows: pd.DataFrame, scale: alt.Scale, hover: alt.Parameter, palette: Palette) -> alt.Chart:
    return (
        alt.Chart(rows[["i", "key", "value"]].dropna())
        .mark_point(filled=True, size=70, color=palette.accent, stroke=palette.card, strokeWidth=2, tooltip=None)
        .encode(x="i:Q", y=alt.Y("value:Q", scale=scale), opacity=alt.condition(hover, alt.value(1), alt.value(0)))
    )


def _words(drawn: Traces, locale: str) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """One row per bucket, and which of its columns the tooltip says under which title.

    TRICKY: a field name with a dot or a bracket is a path in Vega, so slices are columns s0, s1, …; names are titles.
    """
    if not drawn.sliced:
        rows = drawn.rows[drawn.rows["series"] == "this"]
        shown = [("when", WHEN), ("now", VALUE), ("then", THEN), ("move", MOVE)]
        return rows, [(name, text[locale]) for name, text in shown if name in rows.columns]
    rows = drawn.rows.pivot_table(index=["i", "key", "when"], columns="series", values="now", aggfunc="first").reset_index()
    rows.columns = pd.Index([str(c) for c in rows.columns])
    return rows, [("when", WHEN[locale])] + [(f"s{i}", name) for i, name in enumerate(drawn.names) if f"s{i}" in rows.columns]
