"""Lines over time: this period, the compared one dashed, the incomplete tail dotted; or one line per slice."""

from __future__ import annotations

import math

import altair as alt
import pandas as pd

from analytics.result import Result
from reports import dates
from reports.charts import axes
from reports.charts.palette import Palette, config
from reports.charts.pointer import columns
from reports.charts.traces import Traces, grain_of, metric_of, traces
from reports.charts.view import measure_of
from reports.report import Panel

TAIL = "tail"


def lines(result: Result, panel: Panel, palette: Palette, locale: str) -> alt.TopLevelMixin:
    """`options`: `metric` (default the first), `area` (fill under a single line, default true), `zero`."""
    drawn = traces(result, panel, locale)
    measure = measure_of(result, metric_of(result, panel), locale)
    low, high = axes.span(drawn.rows["value"], panel.options.get("zero"))
    y_axis, y_scale = axes.value_axis(low, high, measure, wanted=max(3, panel.height // 60))
    x = alt.X("i:Q", axis=_x_axis(drawn, grain_of(result), locale), scale=alt.Scale(domain=[0, max(len(drawn.starts) - 1, 1)], nice=False))
    y = alt.Y("value:Q", axis=y_axis, scale=y_scale)
    layers = [_strokes(_with_tail(drawn), x, y, drawn, palette), *columns(drawn, y_scale, palette, locale)]
    if not drawn.sliced and panel.options.get("area", True):
        layers.insert(0, _area(drawn.rows, x, y, palette))
    return alt.layer(*layers).properties(height=panel.height).configure(**config(palette))


def _x_axis(drawn: Traces, grain: str, locale: str) -> alt.Axis:
    starts = drawn.starts
    every = max(1, math.ceil(len(starts) / 8))
    shown = range(every // 2 if len(starts) > 8 else 0, len(starts), every)
    pairs: list[tuple[float | str, str]] = [(float(i), dates.tick(starts[i], grain, locale)) for i in shown]
    return alt.Axis(values=[i for i, _ in pairs], labelExpr=axes.labels(pairs), labelOverlap="greedy", labelFlush=True, grid=False)


def _with_tail(drawn: Traces) -> pd.DataFrame:
    """An incomplete last bucket leaves the solid line: it joins the last complete one in a dotted tail."""
    rows = drawn.rows
    if drawn.sliced or not rows["cut"].any():
        return rows
    this = rows[rows["series"] == "this"]
    joint = this["cut"] | this["cut"].shift(-1, fill_value=False)
    tail = this[joint].assign(series=TAIL, legend=TAIL)
    return pd.concat([rows[~(rows["cut"] & (rows["series"] == "this"))], tail], ignore_index=True)


def _area(rows: pd.DataFrame, x: alt.X, y: alt.Y, palette: Palette) -> alt.Chart:
    solid = rows[(rows["series"] == "this") & ~rows["cut"]].dropna(subset=["value"])
    floor = y.to_dict()["scale"]["domain"][0]
    return alt.Chart(solid[["i", "value"]].assign(floor=floor)).mark_area(color=palette.wash, tooltip=None).encode(x=x, y=y, y2="floor:Q")


def _strokes(rows: pd.DataFrame, x: alt.X, y: alt.Y, drawn: Traces, palette: Palette) -> alt.Chart:
    """Every line at once: colour and dash by series, with a legend where there are two or more."""
    names = list(drawn.names)
    own = [palette.accent, palette.previous]
    colours = list(palette.series[: len(names)]) if drawn.sliced else own[: len(names)]
    dashes = [[1, 0] if drawn.sliced or i == 0 else [4, 3] for i in range(len(names))]
    legend = alt.Legend(values=names, symbolType="stroke", symbolSize=260) if len(names) > 1 else None
    domain = [*names, TAIL]
    return (
        alt.Chart(rows[["i", "value", "legend"]].dropna(subset=["value"]))
        .mark_line(strokeWidth=2, strokeCap="round", strokeJoin="round", tooltip=None)
        .encode(
            x=x,
            y=y,
            color=alt.Color("legend:N", scale=alt.Scale(domain=domain, range=[*colours, palette.accent]), legend=legend),
            strokeDash=alt.StrokeDash("legend:N", scale=alt.Scale(domain=domain, range=[*dashes, [1, 5]]), legend=legend),
        )
    )
