"""The share that is still there, over time since the start: the weighted mean over each cohort, or one line per slice."""

from __future__ import annotations

from typing import Any

import orjson
import pandas as pd

from accounts.language import Text
from analytics.metric import Unit
from analytics.result import Result
from reports import words
from reports.charts import axes, spec
from reports.charts.axes import Measure
from reports.charts.palette import Palette
from reports.charts.retention import MOST_COLUMNS, column_name, cuts, slice_words
from reports.charts.traces import MAX_SERIES, Row
from reports.charts.view import Chart
from reports.report import Panel

MEAN = Text("Weighted mean", "Moyenne pondérée")
EACH = Text("Each cohort", "Chaque cohorte")
AFTER = Text("After", "Après")
FAINT = 12  # cohorts drawn behind their mean


def retention_curve(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """Only complete cells. A click gives back `later`, the offset."""
    by, mean = cuts(result), result.extra["mean"]
    mean = mean[mean["offset"] < MOST_COLUMNS]
    rows = _slices(mean, by, locale) if by else _line(mean, MEAN[locale])
    faint = [] if by else _cohorts(result, locale)
    offsets = sorted({row["later"] for row in [*rows, *faint]})
    names = list(dict.fromkeys(row["legend"] for row in rows))
    low, high = axes.span([row["rate"] for row in [*rows, *faint] if row["later"]], True)
    place = _place(result, offsets, axes.value_axis(low, high, Measure(Unit.RATIO, locale), panel.height), locale)
    colours = palette.series[: len(names)] if by else (palette.accent,)
    shown = names if by else [*names, EACH[locale]]
    scale = {"domain": shown, "range": [*colours, *([] if by else [palette.idle])]}
    few = {"columns": {"expr": "width < 460 ? 2 : 4"}} if len(shown) > 4 else {}
    legend = spec.legend(values=shown, symbolType="stroke", symbolSize=260) | few if len(shown) > 1 else None
    ink = {"color": {"field": "legend", "type": "nominal", "scale": scale, "legend": legend}}
    behind = [row for row in faint if row["later"]]
    front = [row for row in rows if row["later"]]
    layers = (
        [spec.layer(behind, "line", {"strokeWidth": 1}, place | ink | {"detail": {"field": "line", "type": "nominal"}})] if behind else []
    )
    style = {"strokeWidth": 2.5, "strokeJoin": "round", "point": {"size": 36, "filled": True}}
    layers += [spec.layer(front, "line", style, place | ink), _pointer(front, offsets, place, (result, palette, locale))]
    return spec.chart(layers, palette, panel.height)


def _line(part: pd.DataFrame, legend: str, line: str = "") -> list[Row]:
    return [{"later": int(o), "rate": float(r), "legend": legend, "line": line} for o, r in zip(part["offset"], part["rate"], strict=True)]


def _slices(mean: pd.DataFrame, by: list[str], locale: str) -> list[Row]:
    """The largest slices, in the order of the answer; two that are worded the same keep two lines."""
    rows: list[Row] = []
    for number, (values, part) in enumerate(mean.groupby(by, sort=False)):
        if number < MAX_SERIES:
            said = [str(v) for v in values]
            rows += _line(part, slice_words(by, said, locale), orjson.dumps(said).decode())
    return rows


def _cohorts(result: Result, locale: str) -> list[Row]:
    frame = result.frame[result.frame["complete"] & (result.frame["offset"] < MOST_COLUMNS)].dropna(subset=["rate"])
    last = sorted(set(frame["cohort"]))[-FAINT:]
    return [row for start in last for row in _line(frame[frame["cohort"] == start], EACH[locale], f"{pd.Timestamp(start)}")]


def _place(result: Result, offsets: list[int], height: dict[str, Any], locale: str) -> dict[str, Any]:
    lasts = dict(zip(result.frame["offset"], result.frame["until"], strict=True)) if "until" in result.frame.columns else {}
    later = [o for o in offsets if o]
    names = {o: column_name(result, o, int(lasts.get(o, o)), locale) for o in later}
    axis = {
        "labelAngle": 0,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
        "labelExpr": axes.labels([(float(o), n) for o, n in names.items()]),
    }
    x = {"field": "later", "type": "ordinal", "sort": later, "axis": axis, "scale": {"domain": later, "type": "point", "padding": 0.3}}
    return {"x": x, "y": {"field": "rate", "type": "quantitative", **height}}


def _pointer(rows: list[Row], offsets: list[int], place: dict[str, Any], drawn: tuple[Result, Palette, str]) -> spec.Spec:
    """A column per offset that lights up, says its shares and can be clicked.

    TRICKY: a field name with a dot or a bracket is a path in Vega, so lines are fields s0, s1, …; names are titles.
    """
    result, palette, locale = drawn
    names = list(dict.fromkeys((row["legend"], row["line"]) for row in rows))
    lasts = dict(zip(result.frame["offset"], result.frame["until"], strict=True)) if "until" in result.frame.columns else {}
    said: dict[int, Row] = {o: {"later": o, "after": column_name(result, o, int(lasts.get(o, o)), locale)} for o in offsets if o}
    for row in rows:
        said[row["later"]][f"s{names.index((row['legend'], row['line']))}"] = words.percent(row["rate"], locale)
    tip = spec.tooltip([("after", AFTER[locale]), *((f"s{i}", legend) for i, (legend, _) in enumerate(names))])
    hover = {"name": "hover", "select": {"type": "point", "fields": ["later"], "on": "pointerover", "clear": "pointerout"}}
    width = {"expr": f"max(10, width / {max(len(said), 1)})"}
    look = {"strokeWidth": width, "color": palette.hover, "cursor": "pointer"}
    layer = spec.layer(said.values(), "rule", look, {"x": place["x"], "opacity": spec.when("hover", 0.1, 0), "tooltip": tip})
    layer["params"] = [hover, spec.pick("later")]
    return layer
