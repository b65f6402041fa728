"""Bars over time: one series, or stacked by slice, metric or movement; incomplete buckets are hatched (pale, dashed)."""

from __future__ import annotations

import altair as alt
import pandas as pd

from accounts.language import Text
from analytics.result import Result
from reports.charts import axes
from reports.charts.palette import Palette, config
from reports.charts.traces import Traces, grain_of, metric_of, traces
from reports.charts.view import PICK, measure_of
from reports.report import Panel

WHEN, WHAT, VALUE = Text("When", "Quand"), Text("What", "Quoi"), Text("Value", "Valeur")
THEN, MOVE = Text("Compared", "Comparé"), Text("Change", "Évolution")


def bars(result: Result, panel: Panel, palette: Palette, locale: str) -> alt.TopLevelMixin:
    """`options`: `metric`; `colours` maps a metric or slice to a palette field; `down` names those drawn below zero."""
    drawn = traces(result, panel, locale)
    rows = drawn.rows if drawn.sliced else drawn.rows[drawn.rows["series"] == "this"]
    rows = _signed(rows.dropna(subset=["value"]), panel)
    measure = measure_of(result, metric_of(result, panel), locale)
    y_axis, y_scale = axes.value_axis(*_span(rows), measure, wanted=max(3, panel.height // 60))
    x_axis = axes.time_axis(drawn.starts, grain_of(result), locale)
    order = axes.bucket_keys(pd.Series(list(drawn.starts)))
    colour = _colour(drawn, rows, panel, palette)
    pick = alt.selection_point(name=PICK, fields=["key", "slice"] if drawn.sliced else ["key"], on="click", empty=False)
    chart = (
        alt.Chart(rows)
        .mark_bar(cursor="pointer", stroke=palette.accent if not drawn.sliced else None)
        .encode(
            x=alt.X("key:O", axis=x_axis, sort=order, scale=alt.Scale(domain=order, paddingInner=0.28, paddingOuter=0.14)),
            y=alt.Y("value:Q", axis=y_axis, scale=y_scale, stack="zero"),
            color=colour,
            fillOpacity=alt.condition("datum.cut", alt.value(0.3), alt.value(1)),
            strokeDash=alt.condition("datum.cut", alt.value([3, 3]), alt.value([1, 0])),
            strokeOpacity=alt.condition("datum.cut", alt.value(1), alt.value(0)),
            order="rank:Q",
            tooltip=_tips(rows, drawn, locale),
        )
        .add_params(pick)
    )
    return chart.properties(height=panel.height).configure(**config(palette))


def _signed(rows: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Losses hang below zero whatever sign the metric has; `rank` keeps the series' own order in a stack."""
    down = set(panel.options.get("down", ()))
    rank = rows["series"].str.extract(r"(\d+)", expand=False).fillna("0").astype(int)
    if not down:
        return rows.assign(rank=rank)
    below = rows["slice"].isin(down)
    return rows.assign(rank=rank, value=rows["value"].abs().where(~below, -rows["value"].abs()))


def _span(rows: pd.DataFrame) -> tuple[float, float]:
    stacked = rows.assign(up=rows["value"].clip(lower=0), below=rows["value"].clip(upper=0)).groupby("i")[["up", "below"]].sum()
    return axes.span([*stacked["up"], *stacked["below"]], zero=True)


def _colour(drawn: Traces, rows: pd.DataFrame, panel: Panel, palette: Palette) -> alt.Color | alt.Value:
    if not drawn.sliced:
        return alt.value(palette.accent)
    wanted: dict[str, str] = panel.options.get("colours", {})
    slices = rows.drop_duplicates("legend").set_index("legend")["slice"]
    names = [name for name in drawn.names if name in slices.index]
    range_ = [
        getattr(palette, wanted[slices[n]]) if slices[n] in wanted else palette.series[i % len(palette.series)] for i, n in enumerate(names)
    ]
    return alt.Color("legend:N", scale=alt.Scale(domain=names, range=range_), legend=alt.Legend(symbolType="square"))


def _tips(rows: pd.DataFrame, drawn: Traces, locale: str) -> list[alt.Tooltip]:
    shown = (
        [("when", WHEN), ("legend", WHAT), ("now", VALUE)]
        if drawn.sliced
        else [("when", WHEN), ("now", VALUE), ("then", THEN), ("move", MOVE)]
    )
    return [alt.Tooltip(f"{name}:N", title=text[locale]) for name, text in shown if name in rows.columns]
