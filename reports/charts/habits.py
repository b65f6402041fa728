"""Lifecycle and stickiness: where active people come from, and on how many days they are active."""

from __future__ import annotations

from accounts.language import Text
from analytics.metric import Unit
from analytics.result import Result
from reports import words
from reports.charts import axes, spec
from reports.charts.axes import Measure
from reports.charts.bars import bars
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart
from reports.report import Panel

COLOURS = {"returning": "accent", "new": "good", "resurrecting": "good_pale", "dormant": "idle"}
TIMES = {
    "day": Text("Days active", "Jours d’activité"),
    "week": Text("Weeks active", "Semaines d’activité"),
    "month": Text("Months active", "Mois d’activité"),
    "quarter": Text("Quarters active", "Trimestres d’activité"),
    "year": Text("Years active", "Années d’activité"),
}
PEOPLE, SHARE, AT_LEAST = Text("People", "Personnes"), Text("Share", "Part"), Text("At least as many", "Au moins autant")


def lifecycle(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """New, returning and resurrecting people above zero, dormant ones below. A click gives back `key` and `state`."""
    given = Panel(panel.name, panel.title, panel.query, panel.view, height=panel.height, options={"down": ("dormant",), "colours": COLOURS})
    drawing = bars(result, given, palette, locale)
    column = drawing.spec["layer"][0]
    column["data"]["values"] = [row | {"state": row["slice"]} for row in column["data"]["values"]]
    column["params"] = [spec.pick("key", "state")]
    return drawing


def stickiness(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One bar per number of buckets; `options["at_least"]`: in so many or more. A click gives back `times`."""
    column = "at_least" if panel.options.get("at_least") else "people"
    total, grain = result.totals.get("people") or 0.0, str(getattr(result.query, "grain", "day"))
    rows: list[Row] = [
        {
            "times": int(times),
            "value": float(value),
            "said": words.count(float(value), locale, "exact"),
            "share": words.percent(float(value) / total, locale) if total else words.MISSING,
            "least": words.count(float(least), locale, "exact"),
        }
        for times, value, least in zip(result.frame["times"], result.frame[column], result.frame["at_least"], strict=True)
    ]
    numbers = [row["times"] for row in rows]
    low, high = axes.span([row["value"] for row in rows], True)
    axis = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 6, "title": None}
    place = {
        "x": {"field": "times", "type": "ordinal", "axis": axis, "scale": {"domain": numbers, "paddingInner": 0.28, "paddingOuter": 0.14}},
        "y": {"field": "value", "type": "quantitative", **axes.value_axis(low, high, Measure(Unit.COUNT, locale), panel.height)},
    }
    tip = [("times", TIMES[grain][locale]), ("said", PEOPLE[locale]), ("share", SHARE[locale]), ("least", AT_LEAST[locale])]
    layer = spec.layer(rows, "bar", {"color": palette.accent, "cursor": "pointer"}, place | {"tooltip": spec.tooltip(tip)})
    layer["params"] = [spec.pick("times")]
    return spec.chart([layer], palette, panel.height)
