"""A Result as rows that a time chart draws: one per bucket and series, tooltips already in words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from accounts.language import Text
from analytics.metric import Metric
from analytics.result import Result
from reports import dates, words
from reports.charts import axes
from reports.charts.view import measure_of, worded
from reports.report import Panel

THIS = Text("This period", "Cette période")
BEFORE = {"previous": Text("Previous period", "Période précédente"), "year": Text("A year earlier", "Un an plus tôt")}
PARTIAL = Text("not over yet", "en cours")
WHEN, WHAT, VALUE = Text("When", "Quand"), Text("What", "Quoi"), Text("Value", "Valeur")
THEN, MOVE = Text("Compared", "Comparé"), Text("Change", "Évolution")
MAX_SERIES = 7
Row = dict[str, Any]


@dataclass(frozen=True)
class Traces:
    """`rows`: i (position of the bucket), key, when, cut (incomplete bucket), value, said, series, legend, slice; of a
    single series also then, before and move. `names` are the series in order; `sliced`: slices or several metrics."""

    rows: tuple[Row, ...]
    names: tuple[str, ...]
    sliced: bool
    starts: tuple[pd.Timestamp, ...]

    @property
    def keys(self) -> list[str]:
        return axes.bucket_keys(self.starts)


def metric_of(result: Result, panel: Panel) -> Metric:
    """The panel's `options["metric"]`, else the query's first."""
    wanted = panel.options.get("metric")
    return next((m for m in result.metrics if m.name == wanted), result.metrics[0])


def grain_of(result: Result) -> str:
    return str(getattr(result.query, "grain", None) or "day")


def traces(result: Result, panel: Panel, locale: str) -> Traces:
    """By slice where the query is broken down, by metric where it asks several, else this period beside the compared."""
    starts = tuple(sorted(set(result.frame["bucket"])))
    moments = _moments(result, starts, locale)
    by = [c.name for c in result.columns if c.role == "dimension"]
    if by:
        rows, names = _slices(result, metric_of(result, panel), by[0], locale)
    elif len(result.metrics) > 1 and "metric" not in panel.options:
        rows, names = _metrics(result, locale)
    else:
        rows, names = _single(result, metric_of(result, panel), locale)
    sliced = bool(by) or "then" not in rows[0] if rows else bool(by)
    return Traces(tuple(row | moments[row.pop("bucket")] for row in rows), tuple(names), sliced, starts)


def _moments(result: Result, starts: tuple[pd.Timestamp, ...], locale: str) -> dict[pd.Timestamp, Row]:
    """What every row of a bucket says about when it is."""
    grain = grain_of(result)
    return {
        start: {
            "i": i,
            "key": key,
            "cut": start in result.partial,
            "when": dates.bucket(start, grain, locale) + (f" · {PARTIAL[locale]}" if start in result.partial else ""),
        }
        for i, (start, key) in enumerate(zip(starts, axes.bucket_keys(starts), strict=True))
    }


def _series(result: Result, metric: Metric, frame: pd.DataFrame, locale: str) -> Iterable[Row]:
    measure = measure_of(result, metric, locale)
    for start, value in zip(frame["bucket"], frame[metric.name], strict=True):
        yield {"bucket": start, "value": float(value), "said": measure.exact(float(value))}


def _slices(result: Result, metric: Metric, by: str, locale: str) -> tuple[list[Row], list[str]]:
    ranked = result.frame.groupby(by)[metric.name].sum().sort_values(ascending=False).index[:MAX_SERIES]
    of, rows = worded(by), []
    names = [words.slice_name(of, raw, locale) for raw in ranked]
    for position, (raw, name) in enumerate(zip(ranked, names, strict=True)):
        mine = {"series": f"s{position}", "legend": name, "slice": str(raw), "rank": position}
        rows += [row | mine for row in _series(result, metric, result.frame[result.frame[by] == raw], locale)]
    return rows, names


def _metrics(result: Result, locale: str) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    for position, metric in enumerate(result.metrics):
        mine = {"series": f"s{position}", "legend": metric.label[locale], "slice": metric.name, "rank": position}
        rows += [row | mine for row in _series(result, metric, result.frame, locale)]
    return rows, [m.label[locale] for m in result.metrics]


def _single(result: Result, metric: Metric, locale: str) -> tuple[list[Row], list[str]]:
    measure = measure_of(result, metric, locale)
    before = result.frame.get(f"{metric.name}__previous")
    compared = before is not None and bool(before.notna().any())
    names = [THIS[locale]]
    rows = [
        row | {"series": "this", "legend": names[0], "slice": "", "rank": 0, "then": "", "before": None}
        for row in _series(result, metric, result.frame, locale)
    ]
    if compared and before is not None:
        names.append(dates.others(result, locale) or BEFORE.get(result.query.compare or "previous", BEFORE["previous"])[locale])
        for row, then in zip(rows, before, strict=True):
            row |= {"before": float(then), "then": measure.exact(float(then)), "move": _move(metric, row["value"], float(then), locale)}
    return rows, names


def _move(metric: Metric, now: float, then: float, locale: str) -> str:
    if math.isnan(now) or math.isnan(then) or (metric.change == "percent" and not then):
        return words.MISSING
    return words.change(now - then if metric.change == "points" else (now - then) / abs(then), metric.change, locale)


def tips(drawn: Traces, locale: str) -> list[tuple[str, str]]:
    """Which fields of a row its tooltip says, under which title."""
    if drawn.sliced:
        return [("when", WHEN[locale]), ("legend", WHAT[locale]), ("said", VALUE[locale])]
    shown = [("when", WHEN), ("said", VALUE)] + ([("then", THEN), ("move", MOVE)] if len(drawn.names) > 1 else [])
    return [(name, text[locale]) for name, text in shown]
