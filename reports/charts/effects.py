"""How a segment differs: one bar per feature as long as its effect, and a table with differences and intervals."""

from __future__ import annotations

from typing import Any

from accounts.language import Text
from analytics.dimensions import DIMENSIONS
from analytics.kinds.segment_difference import CUTS, NUMBERS
from analytics.metric import Unit
from analytics.result import Result
from reports import words
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart, Sheet, SheetColumn
from reports.report import Panel

BAR, LARGEST = 26, 0.8
EVENT = "event"
WHAT, HERE, THERE = Text("What", "Quoi"), Text("Segment", "Segment"), Text("Compared", "Comparé")
GAP, INTERVAL = Text("Difference", "Écart"), Text("95% interval", "Intervalle à 95 %")
LIFT, EFFECT = Text("Lift", "Rapport"), Text("Effect size", "Taille d’effet")
QUOTED = Text("{feature} “{value}”", "{feature} « {value} »")
IS = Text("{feature}: {value}", "{feature} : {value}")
VERSUS = Text("{here} vs {there}", "{here} contre {there}")
TO = Text("{low} to {high}", "{low} à {high}")


def effects(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The largest effects (`options["top"]`, default 12): to the right more in the segment, to the left less.

    A click gives back `cut` (a dimension, `event`, or nothing of a mean) and `what`, its value.
    """
    frame = result.frame.dropna(subset=["effect"]).head(int(panel.options.get("top", 12)))
    rows = [_row(result, row, i, locale) for i, row in enumerate(frame.to_dict("records"))]
    names = axes.labels([(float(row["order"]), row["name"]) for row in rows])
    tip = [("name", WHAT), ("here", HERE), ("there", THERE), ("gap", GAP), ("interval", INTERVAL), ("lift", LIFT), ("effect", EFFECT)]
    y = {
        "field": "order",
        "type": "ordinal",
        "axis": {"labelExpr": names, "grid": False, "labelLimit": 210},
        "scale": {"paddingInner": 0.4},
    }
    low, high = min([0.0, *(row["value"] for row in rows)]), max([LARGEST, *(row["value"] for row in rows)])
    room = 0.14 * (high - low)  # for the words at the ends of the bars
    domain = [low - room if low < 0 else 0.0, high + room]
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": domain, "nice": False}}
    colour = spec.condition("datum.value < 0", palette.previous, palette.accent)
    place = {"x": x, "y": y, "tooltip": spec.tooltip([(f, t[locale]) for f, t in tip])}
    bars = spec.layer(rows, "bar", {"cursor": "pointer"}, place | {"color": colour})
    bars["params"] = [spec.pick("cut", "what")]
    more = spec.layer([r for r in rows if r["value"] >= 0], "text", {"align": "left", "dx": 6}, place | {"text": {"field": "said"}})
    less = spec.layer([r for r in rows if r["value"] < 0], "text", {"align": "right", "dx": -6}, place | {"text": {"field": "said"}})
    return spec.chart([bars, more, less], palette, BAR * max(len(rows), 1) + 10)


def effects_table(result: Result, panel: Panel, palette: Palette, locale: str) -> Sheet:
    """Every feature in words, the largest effects first."""
    heads = (WHAT, HERE, THERE, GAP, INTERVAL, LIFT, EFFECT)
    hidden = tuple(SheetColumn(name, "", False, hidden=True) for name in ("cut", "what"))
    columns = (*(SheetColumn(head.en, head[locale], i > 0) for i, head in enumerate(heads)), *hidden)
    fields = ("name", "here", "there", "gap", "interval", "lift", "effect", "cut", "what")
    rows = [_row(result, row, i, locale) for i, row in enumerate(result.frame.to_dict("records"))]
    cells = tuple(tuple(row[name] for name in fields) for row in rows)
    return Sheet(columns, cells, cells)


def _row(result: Result, row: dict[Any, Any], order: int, locale: str) -> Row:
    unit = _unit(row, locale)
    here, there, gap, low, high = (_worded(row[n], unit, result, locale) for n in ("inside", "outside", "difference", "low", "high"))
    return {
        "order": order,
        "name": feature(row, locale),
        "cut": cut(row, locale),
        "what": str(row["value"]),
        "value": float(row["effect"]),
        "here": here,
        "said": VERSUS[locale].format(here=here, there=there),
        "there": there,
        "gap": words.signed(gap),
        "interval": words.MISSING if words.MISSING in (low, high) else TO[locale].format(low=low, high=high),
        "lift": words.MISSING if words.missing(row["lift"]) else f"× {words.decimal(row['lift'], 2, locale)}",
        "effect": words.MISSING if words.missing(row["effect"]) else words.signed(words.decimal(row["effect"], 2, locale)),
    }


def feature(row: dict[Any, Any], locale: str) -> str:
    """`Did “export”`, `Country: France`, `Active days`."""
    if row["measure"] == "mean":
        return str(row["feature"])
    if (name := cut(row, locale)) == EVENT:
        return QUOTED[locale].format(feature=row["feature"], value=row["value"])
    return IS[locale].format(feature=row["feature"], value=words.slice_name(DIMENSIONS[name], row["value"], locale))


def cut(row: dict[Any, Any], locale: str) -> str:
    """The dimension that a share is of, `event` of what people did; nothing of a mean."""
    if row["measure"] == "mean":
        return ""
    return next((name for name in CUTS if DIMENSIONS[name].label[locale] == row["feature"]), EVENT)


def _unit(row: dict[Any, Any], locale: str) -> Unit:
    if row["measure"] == "share":
        return Unit.RATIO
    return Unit.MONEY if row["feature"] == NUMBERS["revenue"][locale] else Unit.NUMBER


def _worded(value: float, unit: Unit, result: Result, locale: str) -> str:
    return words.value(value, unit, locale, result.currency)
