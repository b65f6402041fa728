"""Bars over time: one series, or stacked by slice, metric or movement; incomplete buckets are hatched with a dashed edge."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from analytics.result import Result
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.traces import Row, Traces, grain_of, metric_of, tips, traces
from reports.charts.view import Chart, measure_of
from reports.report import Panel

KEPT = ("key", "cut", "value", "said", "when", "then", "move", "legend", "slice", "rank")


def bars(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """`options`: `metric`; `colours` maps a metric or slice to a field of the palette; `down` names those drawn below zero."""
    drawn = traces(result, panel, locale)
    rows = [_below(row, panel) for row in drawn.rows]
    height = axes.value_axis(*_span(rows), measure_of(result, metric_of(result, panel), locale), panel.height)
    across = axes.time_axis(drawn.starts, drawn.keys, grain_of(result), locale)
    encoding: dict[str, Any] = {
        "x": {
            "field": "key",
            "type": "ordinal",
            "axis": across,
            "sort": drawn.keys,
            "scale": {"domain": drawn.keys, "paddingInner": 0.28, "paddingOuter": 0.14},
        },
        "y": {"field": "value", "type": "quantitative", "stack": "zero", **height},
        "color": _colour(drawn, panel, palette),
        "fillOpacity": spec.condition("datum.cut", 0.75, 1),
        "strokeOpacity": spec.condition("datum.cut", 1, 0),
        "order": {"field": "rank", "type": "quantitative"},
        "tooltip": spec.tooltip(tips(drawn, locale)),
    }
    style = {"cursor": "pointer", "strokeDash": [3, 3]} | ({} if drawn.sliced else {"stroke": palette.accent})
    column = spec.layer([{k: row[k] for k in KEPT if k in row} for row in rows], "bar", style, encoding)
    column["params"] = [spec.pick("key", "slice")]
    cut = [row for row in column["data"]["values"] if row["cut"]]
    return spec.chart([column, *_hatched(cut, encoding, palette)], palette, panel.height)


def _hatched(cut: list[Row], encoding: dict[str, Any], palette: Palette) -> list[spec.Spec]:
    """Stripes of the card's colour over the incomplete bars, which they answer for under the mouse."""
    if not cut:
        return []
    placed = {name: encoding[name] for name in ("x", "y", "order", "tooltip")}
    return [spec.layer(cut, "bar", {"color": spec.hatch(palette.card), "cursor": "pointer"}, placed)]


def _below(row: Row, panel: Panel) -> Row:
    """Losses hang below zero whatever sign the metric has."""
    down = panel.options.get("down", ())
    return row | {"value": -abs(row["value"]) if row["slice"] in down else abs(row["value"])} if down else row


def _span(rows: list[Row]) -> tuple[float, float]:
    """The tallest stack above zero and the deepest below."""
    up: dict[str, float] = defaultdict(float)
    below: dict[str, float] = defaultdict(float)
    for row in rows:
        if row["value"] == row["value"]:
            (up if row["value"] > 0 else below)[row["key"]] += row["value"]
    return axes.span([*up.values(), *below.values()], zero=True)


def _colour(drawn: Traces, panel: Panel, palette: Palette) -> spec.Spec:
    if not drawn.sliced:
        return {"value": palette.accent}
    wanted: dict[str, str] = panel.options.get("colours", {})
    slices = {row["legend"]: row["slice"] for row in drawn.rows}
    colours = [getattr(palette, wanted[slices[n]]) if slices.get(n) in wanted else palette.series[i] for i, n in enumerate(drawn.names)]
    scale = {"domain": list(drawn.names), "range": colours}
    return {"field": "legend", "type": "nominal", "scale": scale, "legend": spec.legend(symbolType="square")}
