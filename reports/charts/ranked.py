"""Horizontal bars, longest first: who or what makes up a number."""

from __future__ import annotations

from accounts.language import Text
from analytics.result import Result
from reports import words
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.traces import Row, metric_of
from reports.charts.view import Chart, measure_of, worded
from reports.report import Panel

BAR = 32
GLYPH = 7.4  # pixels of the widest digit at 12 pixels of type, with its spacing
SHARE = Text("Share", "Part")


def ranked(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One bar per slice of the query's first dimension; `options`: `metric`, `top` (default 8)."""
    metric, by = metric_of(result, panel), next(c.name for c in result.columns if c.role == "dimension")
    rows = _rows(result, panel, by, locale)
    tip = spec.tooltip([("name", worded(by).label[locale]), ("exact", metric.label[locale]), ("share", SHARE[locale])])
    # TRICKY: bars are told apart by their order, not by their name: two slices may be worded the same.
    names = axes.labels([(float(row["order"]), row["name"]) for row in rows])
    room = round(GLYPH * max((len(row["said"]) for row in rows), default=0)) + 10
    longest, lowest = max((row["value"] for row in rows), default=1.0), min((row["value"] for row in rows), default=0.0)
    place = {
        "x": {
            "field": "value",
            "type": "quantitative",
            "axis": None,
            "scale": {"domain": [min(lowest, 0.0), longest or 1.0], "nice": False, "range": [0, {"expr": f"max(width - {room}, 20)"}]},
        },
        "y": {
            "field": "order",
            "type": "ordinal",
            "axis": {"labelExpr": names, "grid": False, "labelLimit": 150},
            "scale": {"paddingInner": 0.36, "paddingOuter": 0.18},
        },
    }
    bars = spec.layer(rows, "bar", {"color": palette.accent, "cursor": "pointer"}, place | {"tooltip": tip})
    bars["params"] = [spec.pick("slice")]
    said = spec.layer(rows, "text", {"align": "left", "dx": 6}, place | {"text": {"field": "said"}})
    return spec.chart([bars, said], palette, BAR * max(len(rows), 1))


def _rows(result: Result, panel: Panel, by: str, locale: str) -> list[Row]:
    metric, of = metric_of(result, panel), worded(by)
    measure, whole = measure_of(result, metric, locale), result.value(metric.name)
    frame = result.frame.dropna(subset=[metric.name]).nlargest(int(panel.options.get("top", 8)), metric.name)
    return [
        {
            "order": order,
            "slice": str(raw),
            "name": words.slice_name(of, raw, locale),
            "value": float(value),
            "said": measure.rough(float(value)),
            "exact": measure.exact(float(value)),
            "share": words.percent(float(value) / whole, locale) if whole else words.MISSING,
        }
        for order, (raw, value) in enumerate(zip(frame[by], frame[metric.name], strict=True))
    ]
