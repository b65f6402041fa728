"""From the opening balance to the closing one, movement by movement."""

from __future__ import annotations

import altair as alt
import pandas as pd

from accounts.language import Text
from analytics.result import Result
from reports import words
from reports.charts.palette import Palette, config
from reports.charts.view import PICK, measure_of
from reports.report import Panel

OPENING, CLOSING = Text("Opening", "Ouverture"), Text("Closing", "Clôture")


def waterfall(result: Result, panel: Panel, palette: Palette, locale: str) -> alt.TopLevelMixin:
    """The query's first metric is the balance, the others its movements; `options`: `down` names the losses,
    `short` a short label for each movement. Opening = closing − the sum of the movements (the MRR identity)."""
    rows = _steps(result, panel, locale)
    measure = measure_of(result, result.metrics[0], locale)
    low, high = _span(rows)
    base = alt.Chart(rows).encode(
        x=alt.X(
            "label:O",
            sort=list(rows["label"]),
            axis=alt.Axis(labelAngle=0, labelPadding=6),
            scale=alt.Scale(paddingInner=0.22, paddingOuter=0.1),
        )
    )
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    y = alt.Y("low:Q", scale=scale, axis=None)
    colours = alt.Color(
        "tone:N", legend=None, scale=alt.Scale(domain=["end", "good", "bad"], range=[palette.accent, palette.good, palette.bad])
    )
    pick = alt.selection_point(name=PICK, fields=["slice"], on="click", empty=False)
    tips = [
        alt.Tooltip("label:N", title=measure_of(result, result.metrics[0], locale) and Text("Movement", "Mouvement")[locale]),
        alt.Tooltip("exact:N", title=Text("Amount", "Montant")[locale]),
    ]
    boxes = base.mark_bar(cursor="pointer", cornerRadius=2).encode(y=y, y2="high:Q", color=colours, tooltip=tips).add_params(pick)
    above = base.transform_filter("!datum.under").mark_text(dy=-8).encode(y=alt.Y("high:Q", scale=scale), text="said:N")
    below = base.transform_filter("datum.under").mark_text(dy=11).encode(y=alt.Y("low:Q", scale=scale), text="said:N")
    return alt.layer(boxes, above, below).properties(height=panel.height).configure(**config(palette))


def _steps(result: Result, panel: Panel, locale: str) -> pd.DataFrame:
    """One row per box: label, low, high, tone, slice and the words on it."""
    balance, *moves = result.metrics
    down, short = set(panel.options.get("down", ())), panel.options.get("short", {})
    measure = measure_of(result, balance, locale)
    amounts = [(m, (-1 if m.name in down else 1) * abs(result.value(m.name) or 0.0)) for m in moves]
    closing = result.value(balance.name) or 0.0
    level = closing - sum(amount for _, amount in amounts)
    rows = [_box(OPENING[locale], 0.0, level, "end", measure.short(level), measure.exact(level))]
    for metric, amount in amounts:
        label = short.get(metric.name, metric.label)[locale]
        said, exact = words.signed(measure.short(amount)), words.signed(measure.exact(amount))
        rows.append(_box(label, level, level + amount, "bad" if amount < 0 else "good", said, exact) | {"slice": metric.name})
        level += amount
    rows.append(_box(CLOSING[locale], 0.0, closing, "end", measure.short(closing), measure.exact(closing)))
    return pd.DataFrame(rows)


def _box(label: str, start: float, end: float, tone: str, said: str, exact: str) -> dict[str, object]:
    return {
        "label": label, "low": min(start, end), "high": max(start, end), "tone": tone, "under": tone == "bad",
        "said": said, "exact": exact, "slice": "",
    }  # fmt: skip


def _span(rows: pd.DataFrame) -> tuple[float, float]:
    """Cut the foot of the two balances when the movements are small beside them, as far as a tenth of a balance."""
    moving = rows[rows["tone"] != "end"]
    reach = [*moving["low"], *moving["high"], *rows[rows["tone"] == "end"]["high"]]
    low, high = min(reach), max(reach)
    room = (high - low) or abs(high) or 1.0
    floor = 0.0 if low - 2.2 * room <= 0 else low - 1.2 * room
    return min(floor, low), high + 0.12 * (high - min(floor, low) or 1.0)
