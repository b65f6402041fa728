"""Grids of labelled cells: cohorts by offset, hours by weekday."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.result import Result
from reports import dates, words
from reports.charts import axes, spec
from reports.charts.palette import Palette, heat
from reports.charts.traces import Row, metric_of
from reports.charts.view import Chart, measure_of
from reports.report import Panel

COHORT, SIZE = Text("Cohort", "Cohorte"), Text("Cohort size", "Taille")
AFTER, RATE, HOUR = Text("After", "Après"), Text("Rate", "Taux"), Text("Hour", "Heure")
ONGOING = Text("not over yet", "en cours")
STEP = {"hour": Text("H", "H"), "day": Text("D", "J"), "week": Text("W", "S"), "month": Text("M", "M")}
CELL = 30
TIGHT = "bandwidth('x') < 17"  # and here none for any word: the tooltip has it
NARROW = "bandwidth('x') < 34"  # on a phone a cell has no room for a percent sign


def cohorts(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One row per cohort, one column per offset; a cell still in progress is pale.

    The frame holds cohort, offset, size, value, rate, complete. `options["last"]` keeps that many cohorts (default 12).
    """
    grain = str(getattr(result.query, "grain", None) or "month")
    letter = STEP.get(grain, STEP["month"])[locale]
    kept = sorted(set(result.frame["cohort"]))[-int(panel.options.get("last", 12)) :]
    frame = result.frame[result.frame["cohort"].isin(kept)].dropna(subset=["rate"])
    rows = [_cohort(row, grain, letter, locale) for row in frame.to_dict("records")]
    down = list(dict.fromkeys(row["row"] for row in rows))
    across = [f"{letter}{o}" for o in sorted({int(o) for o in frame["offset"]})]
    tip = spec.tooltip([("full", COHORT[locale]), ("people", SIZE[locale]), ("column", AFTER[locale]), ("exact", RATE[locale])])
    return spec.chart(_cells(_painted(rows, palette), down, across, (tip, ("key",))), palette, max(CELL * (len(down) + 1), 120))


def _cohort(cell: dict[Any, Any], grain: str, letter: str, locale: str) -> Row:
    start, rate, complete = pd.Timestamp(cell["cohort"]), float(cell["rate"]), bool(cell["complete"])
    return {
        "row": dates.tick(start, grain, locale),
        "column": f"{letter}{int(cell['offset'])}",
        "value": rate,
        "said": words.percent(rate, locale, 0),
        "tight": words.decimal(rate * 100, 0, locale),
        "exact": words.percent(rate, locale) + ("" if complete else f" · {ONGOING[locale]}"),
        "full": dates.bucket(start, grain, locale),
        "people": words.count(float(cell["size"]), locale, "exact"),
        "key": axes.bucket_keys([start])[0],
        "shown": 1 if complete else 0.5,
    }


def hours(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """Weekdays down, hours across; the query is broken down by weekday and hour_of_day."""
    metric = metric_of(result, panel)
    measure, week = measure_of(result, metric, locale), dimension("weekday")
    known = {(int(float(d)), int(float(h))): float(v) for d, h, v in result.frame[["weekday", "hour_of_day", metric.name]].to_numpy()}
    names = {day: words.slice_name(week, str(day), locale) for day in range(1, 8)}
    rows = [
        {
            "row": names[day][:3].capitalize(),
            "column": f"{hour:02d}",
            "value": (value := known.get((day, hour), 0.0)),
            "full": f"{names[day]} {hour:02d}:00–{hour + 1:02d}:00",
            "exact": measure.exact(value),
            "shown": 1,
            "weekday": str(day),
            "hour_of_day": str(hour),
        }
        for day in names
        for hour in range(24)
    ]
    tip = spec.tooltip([("full", HOUR[locale]), ("exact", metric.label[locale])])
    down, across = [name[:3].capitalize() for name in names.values()], [f"{hour:02d}" for hour in range(24)]
    return spec.chart(_cells(_painted(rows, palette), down, across, (tip, ("weekday", "hour_of_day"))), palette, panel.height)


def _painted(rows: list[Row], palette: Palette) -> list[Row]:
    """Each cell's colour by its place between the lowest and the highest."""
    low, high = min((row["value"] for row in rows), default=0.0), max((row["value"] for row in rows), default=1.0)
    painted = []
    for row in rows:
        fill, ink = heat(palette, (row["value"] - low) / ((high - low) or 1.0))
        painted.append(row | {"fill": fill, "ink": ink})
    return painted


def _cells(rows: list[Row], down: Sequence[str], across: Sequence[str], met: tuple[list[spec.Spec], Sequence[str]]) -> list[spec.Spec]:
    """`met`: the tooltip, and the fields that a click gives back."""
    tip, clicked = met
    axis = {"orient": "top", "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 4, "labelPadding": 6}
    place: dict[str, Any] = {
        "x": {"field": "column", "type": "ordinal", "sort": across, "axis": axis, "scale": {"domain": across, "paddingInner": 0.06}},
        "y": {"field": "row", "type": "ordinal", "sort": down, "axis": {"grid": False}, "scale": {"domain": down, "paddingInner": 0.1}},
    }
    fill = {"field": "fill", "type": "nominal", "scale": None}
    opacity = {"field": "shown", "type": "quantitative", "scale": None}
    cells = spec.layer(rows, "rect", {"cornerRadius": 2, "cursor": "pointer"}, place | {"color": fill, "opacity": opacity, "tooltip": tip})
    cells["params"] = [spec.pick(*clicked)]
    worded = [row for row in rows if row.get("said")]
    if not worded:
        return [cells]
    ink = {"field": "ink", "type": "nominal", "scale": None}
    said = {"condition": {"test": NARROW, "value": {"expr": "datum.tight"}}, "field": "said"}
    style = {"fontSize": {"expr": f"{TIGHT} ? 0 : {NARROW} ? 9.5 : 12"}, "cursor": "pointer"}
    return [cells, spec.layer(worded, "text", style, place | {"text": said, "color": ink, "tooltip": tip})]
