"""Why people drop: how far each value lies from all others, and what the dropped met beside those who went on."""

from __future__ import annotations

import math
from typing import Any

from accounts.language import Text
from analytics.dimensions import DIMENSIONS
from analytics.query import InvalidQuery
from analytics.result import Result
from analytics.where import PERSON, event_dimension
from reports import words
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart
from reports.report import Panel

TOP, BAR = 10, 30
IS = Text("{dimension}: {value}", "{dimension} : {value}")
AGAINST = Text("{here} against {rest}", "{here} contre {rest}")
OTHERS = Text("{share} · others {rest}", "{share} · autres {rest}")
WENT, REST = Text("Went on", "Ont continué"), Text("All others", "Tous les autres")
PEOPLE, DIFFERENCE = Text("People", "Personnes"), Text("Difference, 99% interval", "Écart, intervalle à 99 %")
TIMES = Text("Drop {times} times as often", "Abandonnent {times} fois plus souvent")
LOST, LIFT = Text("Lost by it", "Perdus ainsi"), Text("Likelihood", "Fréquence")
STEP = Text("Before step", "Avant l’étape")
WHAT, DROPPED = Text("What", "Quoi"), Text("Of those who dropped", "De ceux qui abandonnent")
NOTHING = Text("Nothing more", "Plus rien")
POINTS = Text("{low} to {high}", "{low} à {high}")


def named(dimension: str, raw: str, locale: str) -> str:
    """`Browser: Safari`."""
    try:
        of = event_dimension(dimension)
    except InvalidQuery:
        return f"{dimension}: {raw}"
    worded = DIMENSIONS.get(dimension.removeprefix(PERSON), of)
    return IS[locale].format(dimension=of.label[locale], value=words.slice_name(worded, raw, locale))


def differences(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One row per value: a dot at its distance from all others, a line over its interval; red where it certainly drops more.

    A click gives back `dimension`, `value` and `step`.
    """
    rows = [_difference(order, row, result, locale) for order, row in enumerate(result.frame.head(TOP).to_dict("records"))]
    for row in rows:
        row["fill"] = palette.bad if row["high"] < 0 else palette.good if row["low"] > 0 else palette.idle
    bounds = [0.0, *(row["low"] for row in rows), *(row["high"] for row in rows)]
    low, high = min(bounds), max(bounds)
    marks = axes.ticks(low, high, 4)
    x = {
        "type": "quantitative",
        "axis": {
            "values": marks,
            "labelExpr": axes.labels([(m, words.change(m, "points", locale)) for m in marks]),
            "grid": True,
            "labelOverlap": "greedy",
            "labelSeparation": 6,
        },
        "scale": {"domain": [marks[0], marks[-1]], "nice": False, "range": [0, {"expr": "max(width - 130, 40)"}]},
    }
    y = _names(rows)
    fill = {"field": "fill", "type": "nominal", "scale": None}
    tip = spec.tooltip(
        [("name", WHAT[locale]), ("before", STEP[locale]), ("people", PEOPLE[locale]), ("went", WENT[locale]), ("rest", REST[locale]),
         ("apart", DIFFERENCE[locale]), ("likely", LIFT[locale]), ("lost", LOST[locale])]
    )  # fmt: skip
    zero = spec.layer([{"at": 0.0}], "rule", {"color": palette.muted, "strokeDash": [3, 3]}, {"x": x | {"field": "at"}})
    span = spec.layer(rows, "rule", {"strokeWidth": 2}, {"x": x | {"field": "low"}, "x2": {"field": "high"}, "y": y, "color": fill})
    style = {"filled": True, "size": 130, "opacity": 1, "cursor": "pointer"}
    dot = spec.layer(rows, "point", style, {"x": x | {"field": "at"}, "y": y, "color": fill, "tooltip": tip})
    dot["params"] = [spec.pick("dimension", "value", "step")]
    said = spec.layer(rows, "text", {"align": "right"}, {"x": {"value": {"expr": "width"}}, "y": y, "text": {"field": "said"}})
    return spec.chart([zero, span, dot, said], palette, BAR * max(len(rows), 1) + 30)


def _names(rows: list[Row]) -> spec.Spec:
    names = axes.labels([(float(row["order"]), row["name"]) for row in rows])
    return {
        "field": "order",
        "type": "ordinal",
        "axis": {"labelExpr": names, "grid": False, "labelLimit": {"expr": "max(containerSize()[0] * 0.34, 120)"}},
    }


def _difference(order: int, row: dict[Any, Any], result: Result, locale: str) -> Row:
    def percent(name: str, places: int = 1) -> str:
        return words.percent(float(row[name]), locale, places)

    low, high = (words.change(float(row[name]), "points", locale) for name in ("low", "high"))
    lift = float(row["lift"])
    return {
        "order": order,
        "dimension": str(row["dimension"]),
        "value": str(row["value"]),
        "step": str(row["step"]),
        "name": _numbered(row, result, locale),
        "before": result.extra["titles"][int(row["step"]) - 1],
        "at": float(row["difference"]),
        "low": float(row["low"]),
        "high": float(row["high"]),
        "said": AGAINST[locale].format(here=percent("conversion", 0), rest=percent("rest", 0)),
        "people": words.count(float(row["people"]), locale, "exact"),
        "went": percent("conversion"),
        "rest": percent("rest"),
        "apart": f"{words.change(float(row['difference']), 'points', locale)} ({POINTS[locale].format(low=low, high=high)})",
        "likely": words.MISSING if math.isnan(lift) else TIMES[locale].format(times=words.decimal(lift, 1, locale)),
        "lost": words.count(round(float(row["lost"])), locale, "exact"),
    }


def _numbered(row: dict[Any, Any], result: Result, locale: str) -> str:
    """`4. Browser: Safari`, the number being that of the step, where there are several."""
    number = f"{row['step']}. " if len(result.extra["titles"]) > 2 else ""
    return number + named(str(row["dimension"]), str(row["value"]), locale)


def happened(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One bar per event or error: the share of the dropped it happened to; the tick is the share of those who went on. A click
    gives back `what` and `source`."""
    rows = [_met(order, row, locale) for order, row in enumerate(result.frame.head(int(panel.options.get("top", 8))).to_dict("records"))]
    for row in rows:
        row["fill"] = palette.bad if row["low"] > 0 else palette.series[3]
    longest = max((max(row["share"], row["on"]) for row in rows), default=1.0) or 1.0
    x = {
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, longest], "nice": False, "range": [0, {"expr": "max(width - 130, 40)"}]},
    }
    y = _names(rows)
    tip = spec.tooltip([("name", WHAT[locale]), ("dropped", DROPPED[locale]), ("went", WENT[locale]), ("apart", DIFFERENCE[locale])])
    fill = {"field": "fill", "type": "nominal", "scale": None}
    style = {"height": 14, "cursor": "pointer"}
    bar = spec.layer(rows, "bar", style, {"x": x | {"field": "share"}, "y": y, "color": fill, "tooltip": tip})
    bar["params"] = [spec.pick("what", "source")]
    tick = spec.layer(rows, "tick", {"color": palette.ink, "thickness": 2, "size": 20}, {"x": x | {"field": "on"}, "y": y, "tooltip": tip})
    said = spec.layer(rows, "text", {"align": "right"}, {"x": {"value": {"expr": "width"}}, "y": y, "text": {"field": "said"}})
    return spec.chart([bar, tick, said], palette, BAR * max(len(rows), 1) + 6)


def _met(order: int, row: dict[Any, Any], locale: str) -> Row:
    share, on = float(row["share"]), float(row["share_on"])
    known = not math.isnan(on)
    rest = words.percent(on, locale, 0) if known else words.MISSING
    low, high = (words.change(float(row[name]), "points", locale) for name in ("low", "high"))
    return {
        "order": order,
        "what": str(row["what"]),
        "source": str(row["source"]),
        "name": str(row["what"]) or NOTHING[locale],
        "share": share,
        "on": on if known else 0.0,
        "low": float(row["low"]) if known else 0.0,
        "dropped": f"{words.percent(share, locale)} ({words.count(float(row['dropped']), locale, 'exact')})",
        "went": rest,
        "said": OTHERS[locale].format(share=words.percent(share, locale, 0), rest=rest),
        "apart": f"{words.change(float(row['difference']), 'points', locale)} ({POINTS[locale].format(low=low, high=high)})",
    }
