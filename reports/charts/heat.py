"""A table whose shares are coloured, column by column: what stands out is seen before it is read."""

from __future__ import annotations

from typing import Any

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.metric import Metric, Unit
from analytics.result import Result
from reports import words
from reports.charts import axes, spec
from reports.charts.axes import Measure
from reports.charts.palette import Palette, heat
from reports.charts.traces import VALUE, WHAT, Row
from reports.charts.view import Chart, measure_of
from reports.report import Panel

ROW, HEAD = 30, 26  # pixels of a row, and of a line of headings
TIGHT = "bandwidth('x') < 58"  # here amounts are rough and shares have no decimal


def heat_table(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One row per slice, one column per metric. `options`: `top` (rows, default 12), `short` (headings by metric). A click gives back
    the slice, of several dimensions each by its name."""
    by = [c.name for c in result.columns if c.role == "dimension"]
    frame = result.frame.head(int(panel.options.get("top", 12)))
    records = frame.to_dict("records")
    names = [_named(row, by, locale) for row in records]
    cells = [cell for metric in result.metrics for cell in _column(metric, result, records, (palette, locale))]
    rows = [cell | {"name": names[cell["row"]]} | {name: str(records[cell["row"]][name]) for name in by} for cell in cells]
    short: dict[str, Text] = panel.options.get("short", {})
    heads = axes.labels([(m.name, short.get(m.name, m.label)[locale]) for m in result.metrics])
    across = [m.name for m in result.metrics]
    lines = 2 if any("\n" in short[m.name][locale] for m in result.metrics if m.name in short) else 1
    above = {"orient": "top", "labelAngle": 0, "labelExpr": f"split({heads}, '\\n')", "labelLimit": 130, "labelOverlap": False}
    place: dict[str, Any] = {
        "x": {
            "field": "column",
            "type": "ordinal",
            "sort": across,
            "axis": above | {"labelPadding": 22 if lines == 2 else 8, "labelFontSize": {"expr": f"{TIGHT} ? 8.5 : 12"}},
            "scale": {"domain": across, "paddingInner": 0.05},
        },
        "y": {
            "field": "row",
            "type": "ordinal",
            "axis": {
                "labelExpr": axes.labels([(float(i), name) for i, name in enumerate(names)]),
                "grid": False,
                "labelLimit": {"expr": "containerSize()[0] < 420 ? 92 : 170"},
            },
            "scale": {"domain": list(range(len(records))), "paddingInner": 0.12},
        },
    }
    return spec.chart(_layers(rows, place, by, locale), palette, ROW * max(len(records), 1) + HEAD * lines)


def _named(row: dict[Any, Any], by: list[str], locale: str) -> str:
    """`Paris · France`; where nothing is known that is said once."""
    known = [name for name in by if row[name]] and by
    return " · ".join(words.slice_name(dimension(name), row[name], locale) for name in known) or words.UNKNOWN[locale]


def _column(metric: Metric, result: Result, records: list[dict[Any, Any]], rest: tuple[Palette, str]) -> list[Row]:
    """The cells of a metric; shares in the colour of their place between the column's lowest and highest."""
    palette, locale = rest
    values = [float(row[metric.name]) for row in records]
    known = [v for v in values if v == v]
    low, high = min(known, default=0.0), max(known, default=1.0)
    measure = measure_of(result, metric, locale)
    return [
        {
            "row": place, "column": metric.name, "metric": metric.label[locale], "said": measure.rough(v) if v == v else words.MISSING,
            "tight": _tight(measure, v), "exact": measure.exact(v), "fill": fill, "ink": ink,
        }
        for place, v in enumerate(values)
        for fill, ink in [_paint(metric, (v, low, high), palette)]
    ]  # fmt: skip


def _tight(measure: Measure, value: float) -> str:
    if value != value:
        return words.MISSING
    if measure.unit is Unit.RATIO:
        return words.decimal(value * 100, 0, measure.locale)
    return measure.rough(value)


def _paint(metric: Metric, place: tuple[float, float, float], palette: Palette) -> tuple[str, str]:
    value, low, high = place
    if metric.unit is not Unit.RATIO or value != value:
        return "transparent", palette.ink
    return heat(palette, (value - low) / ((high - low) or 1.0))


def _layers(rows: list[Row], place: dict[str, Any], by: list[str], locale: str) -> list[spec.Spec]:
    tip = spec.tooltip([("name", " · ".join(dimension(n).label[locale] for n in by)), ("metric", WHAT[locale]), ("exact", VALUE[locale])])
    rows = [row | {"slice": row[by[0]]} for row in rows]
    fill, ink = ({"field": name, "type": "nominal", "scale": None} for name in ("fill", "ink"))
    cells = spec.layer(rows, "rect", {"cornerRadius": 2, "cursor": "pointer"}, place | {"color": fill, "tooltip": tip})
    cells["params"] = [spec.pick(*(by if len(by) > 1 else ("slice",)))]
    said = {"condition": {"test": TIGHT, "value": {"expr": "datum.tight"}}, "field": "said"}
    style = {"fontSize": {"expr": f"{TIGHT} ? 10 : 12"}, "cursor": "pointer"}
    return [cells, spec.layer(rows, "text", style, place | {"text": said, "color": ink, "tooltip": tip})]
