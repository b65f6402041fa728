"""A map of the world: each country in the colour of its number.

The shapes are those of Natural Earth at 1:110 million (public domain), taken from world-atlas 2.0.2 (ISC licence, © Michael Bostock)
without Antarctica, with ISO 3166 codes for names and a grid of a tenth of a degree.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from analytics.dimensions import dimension
from analytics.metric import Unit
from analytics.result import Result
from reports import words
from reports.charts import axes, spec
from reports.charts.axes import Measure
from reports.charts.palette import Palette, heat
from reports.charts.ranked import SHARE
from reports.charts.traces import Row, metric_of
from reports.charts.view import Chart, measure_of
from reports.report import Panel

CLASSES = 5
FILE = Path(__file__).with_name("world.json")


@lru_cache(maxsize=1)
def shapes() -> dict[str, Any]:
    """The countries as TopoJSON, each shape known by its code."""
    found: dict[str, Any] = orjson.loads(FILE.read_bytes())
    return found


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    """The countries that the map can show."""
    return tuple(one["id"] for one in shapes()["objects"]["countries"]["geometries"] if "id" in one)


def world(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The query is broken down by country first; `options`: `metric`. A click gives back the country as `slice`."""
    metric = metric_of(result, panel)
    measure = measure_of(result, metric, locale)
    shown = zip(result.frame["country"], result.frame[metric.name], strict=True)
    values = {str(raw): float(value) for raw, value in shown if raw in codes() and value > 0}
    steps = thresholds(list(values.values()), whole=metric.unit is Unit.COUNT)
    rows = [_country(code, values.get(code), (steps, measure), (result.value(metric.name), locale)) for code in codes()]
    tip = spec.tooltip([("name", dimension("country").label[locale]), ("said", metric.label[locale]), ("share", SHARE[locale])])
    told = {"data": {"values": rows}, "key": "code", "fields": ["slice", "name", "said", "share", "band"]}
    layer = {
        "data": {"values": shapes(), "format": {"type": "topojson", "feature": "countries"}},
        "transform": [{"lookup": "id", "from": told}],
        "mark": {"type": "geoshape", "tooltip": None, "stroke": palette.card, "strokeWidth": 0.6, "cursor": "pointer"},
        "projection": {"type": "naturalEarth1"},
        "encoding": {"color": _colour(_bands(steps, measure), palette), "tooltip": tip},
        "params": [spec.pick("slice")],
    }
    return spec.chart([layer], palette, panel.height)


def _colour(names: list[str], palette: Palette) -> spec.Spec:
    if not names:
        return {"value": palette.grid}
    shades = [*(heat(palette, (i + 1.5) / (len(names) + 0.5))[0] for i in range(len(names) - 1)), palette.accent]
    legend = {"symbolType": "square", "orient": "bottom-left", "direction": "vertical", "offset": 0}
    scale = {"domain": names, "range": shades}
    test = {"test": "isValid(datum.band)", "field": "band", "type": "nominal", "scale": scale, "legend": legend}
    return {"condition": test, "value": palette.grid}


def _country(code: str, value: float | None, scale: tuple[list[float], Measure], rest: tuple[float | None, str]) -> Row:
    (steps, measure), (whole, locale) = scale, rest
    known = value is not None
    return {
        "code": code,
        "slice": code,
        "name": words.country(code, locale),
        "said": measure.exact(value) if known else words.MISSING,
        "share": words.percent(value / whole, locale) if value is not None and whole else words.MISSING,
        "band": _bands(steps, measure)[sum(value >= step for step in steps[1:])] if value is not None else None,
    }


def _bands(steps: list[float], measure: Measure) -> list[str]:
    """How each class is worded: `from 1`, `from 50`, …"""
    return [f"≥ {measure.tick(step)}" for step in steps]


def thresholds(values: list[float], *, whole: bool) -> list[float]:
    """Lower bounds of up to CLASSES classes, round numbers apart by about the same factor; no classes without values."""
    if not values:
        return []
    low, high = min(values), max(values)
    if high <= low * 1.5:
        return [_round_down(low, whole=whole)]
    factor = (high / low) ** (1 / CLASSES)
    bounds = [_round_down(low * factor**i, whole=whole) for i in range(CLASSES)]
    return sorted(set(bounds))


def _round_down(value: float, *, whole: bool) -> float:
    size = 10.0 ** math.floor(math.log10(value))
    step = next(n for n in reversed((1.0, *axes.NICE[1:4])) if n * size <= value)
    found = float(round(step * size, 12))
    return max(1.0, math.floor(found)) if whole else found
