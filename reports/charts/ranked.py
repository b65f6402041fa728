"""Horizontal bars, longest first: who or what makes up a number."""

from __future__ import annotations

import altair as alt
import pandas as pd

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.result import Result
from reports import words
from reports.charts import axes
from reports.charts.palette import Palette, config
from reports.charts.traces import metric_of
from reports.charts.view import PICK, measure_of
from reports.report import Panel

BAR = 30
SHARE = Text("Share", "Part")


def ranked(result: Result, panel: Panel, palette: Palette, locale: str) -> alt.TopLevelMixin:
    """One bar per slice of the query's first dimension; `options`: `metric`, `top` (default 8)."""
    metric, by = metric_of(result, panel), next(c.name for c in result.columns if c.role == "dimension")
    measure, of = measure_of(result, metric, locale), dimension(by)
    frame = result.frame.dropna(subset=[metric.name]).nlargest(int(panel.options.get("top", 8)), metric.name)
    whole = result.value(metric.name)
    data = pd.DataFrame(
        {
            "order": range(len(frame)),
            "slice": frame[by].astype(str).to_numpy(),
            "name": [words.slice_name(of, raw, locale) for raw in frame[by]],
            "value": frame[metric.name].to_numpy(),
            "said": [measure.short(v) for v in frame[metric.name]],
            "exact": [measure.exact(v) for v in frame[metric.name]],
            "share": [words.percent(v / whole, locale) if whole else words.MISSING for v in frame[metric.name]],
        }
    )
    return (
        _chart(data, palette, metric.label[locale], of.label[locale], locale)
        .properties(height=BAR * max(len(data), 1))
        .configure(**config(palette))
    )


def _chart(data: pd.DataFrame, palette: Palette, label: str, heading: str, locale: str) -> alt.LayerChart:
    """TRICKY: bars are told apart by `order`, not by name: two slices may be worded the same."""
    names: list[tuple[float | str, str]] = [(float(i), str(n)) for i, n in zip(data["order"], data["name"], strict=True)]
    longest = float(data["value"].max()) if len(data) else 1.0
    pick = alt.selection_point(name=PICK, fields=["slice"], on="click", empty=False)
    y = alt.Y(
        "order:O",
        axis=alt.Axis(labelExpr=axes.labels(names), grid=False, labelLimit=150),
        scale=alt.Scale(paddingInner=0.36, paddingOuter=0.18),
    )
    base = alt.Chart(data).encode(y=y)
    scale = alt.Scale(domain=[min(0.0, float(data["value"].min()) if len(data) else 0.0), (longest or 1.0) * 1.22], nice=False)
    tips = [alt.Tooltip("name:N", title=heading), alt.Tooltip("exact:N", title=label), alt.Tooltip("share:N", title=SHARE[locale])]
    bars = (
        base.mark_bar(color=palette.accent, cursor="pointer")
        .encode(x=alt.X("value:Q", axis=None, scale=scale), tooltip=tips)
        .add_params(pick)
    )
    said = base.mark_text(align="left", dx=6, tooltip=None).encode(x=alt.X("value:Q", axis=None, scale=scale), text="said:N")
    return alt.layer(bars, said)
