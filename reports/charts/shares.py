"""Charts of slices at one glance: a donut of shares, a heat map of two cuts, a scatter of two numbers."""

from __future__ import annotations

from typing import Any

import orjson
import pandas as pd

from accounts.language import Text
from analytics.metric import Metric
from analytics.result import Result
from reports import dates, words
from reports.charts import axes, spec
from reports.charts.palette import Palette, heat
from reports.charts.traces import WHEN, Row, grain_of, metric_of
from reports.charts.view import Chart, measure_of, worded
from reports.report import Panel

OTHERS = Text("Others", "Autres")
SHARE, WHAT = Text("Share", "Part"), Text("What", "Quoi")
MOST_PARTS, MOST_CELLS, MOST_BUCKETS, MOST_DOTS = 7, 40, 62, 200
CELL = 30


def _cuts(result: Result) -> list[str]:
    return [c.name for c in result.columns if c.role == "dimension"]


def _named(result: Result, row: dict[Any, Any], locale: str) -> Row:
    """A slice in words, and as a click gives it back."""
    by = _cuts(result)
    said = " · ".join(words.slice_name(worded(name), row[name], locale) for name in by)
    return {"name": said, "slice": orjson.dumps([str(row[name]) for name in by]).decode()}


def donut(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The largest slices of one metric, the rest as one. Only of what adds up."""
    metric = metric_of(result, panel)
    measure = measure_of(result, metric, locale)
    frame = result.frame[result.frame[metric.name] > 0].nlargest(len(result.frame), metric.name)
    whole = float(frame[metric.name].sum()) or 1.0
    parts = [_named(result, row, locale) | {"value": float(row[metric.name])} for row in frame.head(MOST_PARTS - 1).to_dict("records")]
    if (rest := float(frame[metric.name].iloc[MOST_PARTS - 1 :].sum())) > 0:
        parts.append({"name": OTHERS[locale], "slice": "", "value": rest})
    rows = [
        part | {"order": i, "said": measure.exact(part["value"]), "share": words.percent(part["value"] / whole, locale)}
        for i, part in enumerate(parts)
    ]
    ring = spec.layer(rows, "arc", _ring(), _arcs(rows, palette, (metric, locale)))
    ring["params"] = [spec.pick("slice")]
    return spec.chart([ring], palette, max(panel.height, 260))


def _ring() -> dict[str, Any]:
    outer, inner = {"expr": "min(width, height) / 2 - 4"}, {"expr": "min(width, height) / 3.2"}
    return {"innerRadius": inner, "outerRadius": outer, "cornerRadius": 2, "padAngle": 0.012, "cursor": "pointer"}


def _arcs(rows: list[Row], palette: Palette, said: tuple[Metric, str]) -> dict[str, Any]:
    """TRICKY: parts are told apart by their order: two slices may be worded the same."""
    metric, locale = said
    names = axes.labels([(float(row["order"]), f"{row['name']}  {row['share']}") for row in rows])
    scale = {"domain": [row["order"] for row in rows], "range": list(palette.series[: len(rows)])}
    legend = {"orient": "right", "labelExpr": names, "symbolType": "circle", "rowPadding": 8, "labelLimit": 240, "columns": 1}
    return {
        "theta": {"field": "value", "type": "quantitative", "stack": True},
        "order": {"field": "order", "type": "quantitative"},
        "color": {"field": "order", "type": "nominal", "scale": scale, "legend": legend},
        "tooltip": spec.tooltip([("name", WHAT[locale]), ("said", metric.label[locale]), ("share", SHARE[locale])]),
    }


def heatmap(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One metric by time and the first cut, or by two cuts."""
    metric, by = metric_of(result, panel), _cuts(result)
    timed = "bucket" in result.frame.columns
    down, across = by[0], "bucket" if timed else by[min(1, len(by) - 1)]
    frame = result.frame.dropna(subset=[metric.name])
    rows = list(frame.groupby(down, sort=False)[metric.name].sum().nlargest(MOST_CELLS // 2).index)
    columns = sorted(set(frame["bucket"])) if timed else list(frame.groupby(across)[metric.name].sum().nlargest(MOST_CELLS).index)
    place = {name: i for i, name in enumerate(rows)}, {name: j for j, name in enumerate(columns[-MOST_BUCKETS:])}
    cells = [
        _heat_cell(result, panel, row, (palette, locale)) | {"i": place[0][row[down]], "j": place[1][row[across]]}
        for row in frame.to_dict("records")
        if row[down] in place[0] and row[across] in place[1]
    ]
    names = axes.labels([(float(i), words.slice_name(worded(down), raw, locale)) for raw, i in place[0].items()])
    heads = axes.labels([(float(j), _tick(result, raw, across, locale)) for raw, j in place[1].items()])
    top = {"orient": "top", "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 6, "labelExpr": heads}
    x = {"field": "j", "type": "ordinal", "axis": top, "scale": {"domain": list(place[1].values()), "paddingInner": 0.06}}
    y = {"field": "i", "type": "ordinal", "axis": {"grid": False, "labelExpr": names, "labelLimit": 150}, "scale": {"paddingInner": 0.1}}
    tip = spec.tooltip([("name", WHAT[locale]), *([("when", WHEN[locale])] if timed else []), ("said", metric.label[locale])])
    return spec.chart(_heat_layers(cells, {"x": x, "y": y, "tooltip": tip}), palette, CELL * (len(rows) + 1))


def _heat_cell(result: Result, panel: Panel, row: dict[Any, Any], how: tuple[Palette, str]) -> Row:
    """A cell's words and its colour, by its share of the largest."""
    metric, (palette, locale) = metric_of(result, panel), how
    measure, value = measure_of(result, metric, locale), float(row[metric.name])
    fill, ink = heat(palette, value / (float(result.frame[metric.name].max()) or 1.0))
    told = {"fill": fill, "ink": ink, "said": measure.exact(value), "short": measure.rough(value), "key": "", "when": ""}
    if "bucket" in row:
        start = pd.Timestamp(row["bucket"])
        told |= {"key": axes.bucket_keys([start])[0], "when": dates.bucket(start, grain_of(result), locale)}
    return _named(result, row, locale) | told


def _heat_layers(cells: list[Row], place: dict[str, Any]) -> list[spec.Spec]:
    paint = {"field": "fill", "type": "nominal", "scale": None}
    layer = spec.layer(cells, "rect", {"cornerRadius": 2, "cursor": "pointer"}, place | {"color": paint})
    layer["params"] = [spec.pick("key", "slice")]
    ink = {"text": {"field": "short"}, "color": {"field": "ink", "type": "nominal", "scale": None}}
    style = {"fontSize": {"expr": "bandwidth('x') < 38 ? 0 : 11.5"}, "cursor": "pointer"}
    return [layer, spec.layer(cells, "text", style, place | ink)]


def _tick(result: Result, raw: Any, across: str, locale: str) -> str:
    if across == "bucket":
        return dates.tick(pd.Timestamp(raw), grain_of(result), locale)
    return words.slice_name(worded(across), raw, locale)


def scatter(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One dot per slice: the first metric across, the second up."""
    across, up = result.metrics[0], result.metrics[1]
    frame = result.frame.dropna(subset=[across.name, up.name]).head(MOST_DOTS)
    one, two = measure_of(result, across, locale), measure_of(result, up, locale)
    rows = [
        _named(result, row, locale)
        | {
            "x": float(row[across.name]),
            "y": float(row[up.name]),
            "one": one.exact(float(row[across.name])),
            "two": two.exact(float(row[up.name])),
        }
        for row in frame.to_dict("records")
    ]
    low, high = axes.span([row["x"] for row in rows], True)
    floor, top = axes.span([row["y"] for row in rows], True)
    x = {"field": "x", "type": "quantitative", **axes.value_axis(low, high, one, 300)}
    y = {"field": "y", "type": "quantitative", **axes.value_axis(floor, top, two, panel.height)}
    x["axis"] |= {"title": across.label[locale], "titleColor": palette.muted, "titleFontWeight": "normal"}
    y["axis"] |= {"title": up.label[locale], "titleColor": palette.muted, "titleFontWeight": "normal"}
    tip = spec.tooltip([("name", WHAT[locale]), ("one", across.label[locale]), ("two", up.label[locale])])
    style = {"filled": True, "size": 90, "color": palette.accent, "opacity": 0.75, "cursor": "pointer"}
    dots = spec.layer(rows, "point", style, {"x": x, "y": y, "tooltip": tip})
    dots["params"] = [spec.pick("slice")]
    said = {"x": x, "y": y, "text": {"field": "name"}}
    return spec.chart(
        [dots, spec.layer(_apart(rows), "text", {"align": "left", "dx": 8, "limit": 120, "fontSize": 11}, said)], palette, panel.height
    )


def _apart(rows: list[Row]) -> list[Row]:
    """The largest dots are named, as far as names do not cover each other."""
    high = max((row["y"] for row in rows), default=1.0) or 1.0
    wide = max((row["x"] for row in rows), default=1.0) or 1.0
    kept: list[Row] = []
    for row in rows:
        if all(abs(row["y"] - other["y"]) / high > 0.06 or abs(row["x"] - other["x"]) / wide > 0.18 for other in kept):
            kept.append(row)
    return kept
