"""Headline numbers: value, change, sparkline, target."""

from __future__ import annotations

import math
from typing import Literal

from accounts.language import Text
from analytics.metric import Metric
from analytics.result import Result
from reports import dates, words
from reports.charts.palette import Palette
from reports.charts.view import Tile, Tiles, measure_of, tone_of
from reports.report import Panel

TARGET = Text("Target {target}", "Objectif {target}")


def tiles(result: Result, panel: Panel, palette: Palette, locale: str) -> Tiles:
    """One tile per metric of the query. `options["targets"]` holds metric -> target in the metric's own unit;
    `short` a shorter label; `metrics` names those to show. Metrics of the panel's `trend` take their sparkline from there: a
    rate of one day is noise."""
    kept = panel.options.get("metrics", tuple(m.name for m in result.metrics))
    return Tiles(tuple(_tile(result, m, panel, locale) for name in kept for m in result.metrics if m.name == name))


def _tile(result: Result, metric: Metric, panel: Panel, locale: str) -> Tile:
    target, short = panel.options.get("targets", {}).get(metric.name), panel.options.get("short", {})
    measure = measure_of(result, metric, locale)
    value, change = result.value(metric.name), result.change(metric.name)
    shown = None if change is None or abs(change) < 0.0005 else change
    return Tile(
        metric=metric.name,
        label=short.get(metric.name, metric.label)[locale],
        value=measure.short(value),
        change="" if result.previous_period is None else words.change(change, metric.change, locale),
        tone=tone_of(metric, shown),
        arrow=_arrow(shown),
        versus=dates.versus(result, locale),
        hint=metric.description[locale],
        spark=_spark(_source(result, metric.name), metric.name),
        target="" if target is None else TARGET[locale].format(target=measure.tick(target)),
        target_share=None if not target or value is None else value / target,
    )


def _arrow(change: float | None) -> Literal["up", "down", "none"]:
    if change is None:
        return "none"
    return "up" if change > 0 else "down"


def _source(result: Result, metric: str) -> Result:
    trend = result.extra.get("trend")
    return trend if isinstance(trend, Result) and metric in trend.frame.columns else result


def _spark(result: Result, metric: str) -> tuple[float, ...]:
    """The metric's complete buckets; nothing where fewer than three are known."""
    if "bucket" not in result.frame.columns or metric not in result.frame.columns:
        return ()
    whole = result.frame[~result.frame["bucket"].isin(list(result.partial))]
    known = tuple(float(v) for v in whole[metric] if not math.isnan(v))
    return known if len(known) > 2 else ()
