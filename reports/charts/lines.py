"""Lines over time: this period, the compared one dashed, the incomplete tail dotted over a hatched band; or one line per slice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from analytics.result import Result
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.pointer import columns
from reports.charts.traces import Row, Traces, grain_of, metric_of, traces
from reports.charts.view import Chart, measure_of
from reports.report import Panel

TAIL = "tail"


def lines(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """`options`: `metric` (default the first), `area` (fill under a single line, default true), `zero`."""
    drawn = traces(result, panel, locale)
    low, high = axes.span([v for row in drawn.rows for v in (row["value"], row.get("before"))], panel.options.get("zero"))
    height = axes.value_axis(low, high, measure_of(result, metric_of(result, panel), locale), panel.height)
    positions = [float(i) for i in range(len(drawn.starts))]
    place = {
        "x": {
            "field": "i",
            "type": "quantitative",
            "axis": axes.time_axis(drawn.starts, positions, grain_of(result), locale),
            "scale": {"domain": [0, max(len(positions) - 1, 1)], "nice": False},
        },
        "y": {"field": "value", "type": "quantitative", **height},
    }
    layers = [_strokes(drawn, place, palette), *columns(drawn, place, palette, locale)]
    if not drawn.sliced and panel.options.get("area", True):
        layers.insert(0, _area(drawn, place, _floor(*height["scale"]["domain"]), palette))
    layers[0:0] = _band(drawn, place, height["scale"]["domain"], palette)
    return spec.chart(layers, palette, panel.height)


def _floor(low: float, high: float) -> float:
    """What the area stands on: zero where it is in sight, else the edge nearest to it."""
    return min(max(low, 0.0), high)


def _area(drawn: Traces, place: dict[str, Any], floor: float, palette: Palette) -> spec.Spec:
    rows = [{"i": row["i"], "value": row["value"], "floor": floor} for row in drawn.rows if not row["cut"]]
    return spec.layer(rows, "area", {"color": palette.wash}, place | {"y2": {"field": "floor"}})


def _band(drawn: Traces, place: dict[str, Any], domain: list[float], palette: Palette) -> list[spec.Spec]:
    """Stripes under the incomplete buckets, up to the neighbour that is whole."""
    cut = sorted({row["i"] for row in drawn.rows if row["cut"]})
    if not cut or len(drawn.starts) < 2:
        return []
    rows = [{"i": max(i - 1, 0), "to": max(i, 1), "value": domain[0], "top": domain[1]} for i in cut]
    return [
        spec.layer(rows, "rect", {"color": spec.hatch(palette.grid, 40, 0.05)}, place | {"x2": {"field": "to"}, "y2": {"field": "top"}})
    ]


def _strokes(drawn: Traces, place: dict[str, Any], palette: Palette) -> spec.Spec:
    """Every line at once: colour and dash by series, with a legend where there are two or more."""
    names = list(drawn.names)
    colours = palette.series[: len(names)] if drawn.sliced else (palette.accent, palette.previous)[: len(names)]
    dashes = [[1, 0] if drawn.sliced or i == 0 else [4, 3] for i in range(len(names))]
    legend = spec.legend(values=names, symbolType="stroke", symbolSize=260) if len(names) > 1 else None
    domain = [*names, TAIL]
    encoding = place | {
        "color": {"field": "legend", "type": "nominal", "scale": {"domain": domain, "range": [*colours, palette.accent]}, "legend": legend},
        "detail": {"field": "part", "type": "nominal"},
        "strokeDash": {"field": "legend", "type": "nominal", "scale": {"domain": domain, "range": [*dashes, [1, 5]]}, "legend": legend},
    }
    style = {"strokeWidth": 2, "strokeCap": "round", "strokeJoin": "round"}
    return spec.layer(_points(drawn), "line", style, encoding)


def _points(drawn: Traces) -> list[Row]:
    """An incomplete bucket leaves the solid line: a dotted piece joins it to each neighbour, `part` keeps the pieces apart."""
    if drawn.sliced:
        return [_point(row, row["legend"]) for row in drawn.rows]
    points = [_point(row, row["legend"]) for row in drawn.rows if not row["cut"]]
    if len(drawn.names) > 1:
        points += [_point(row, drawn.names[1], row["before"]) for row in drawn.rows]
    for here, after in pairwise(drawn.rows):
        if here["cut"] or after["cut"]:
            points += [_point(row, TAIL) | {"part": here["i"]} for row in (here, after)]
    return points


def _point(row: Row, legend: str, value: float | None = None) -> Row:
    return {"i": row["i"], "value": row["value"] if value is None else value, "legend": legend, "part": -1}
