"""A Result as long rows that a time chart draws: one row per bucket and series, tooltips already in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.metric import Metric
from analytics.result import Result
from reports import dates, words
from reports.charts import axes
from reports.charts.view import measure_of
from reports.report import Panel

THIS = Text("This period", "Cette période")
BEFORE = {"previous": Text("Previous period", "Période précédente"), "year": Text("A year earlier", "Un an plus tôt")}
PARTIAL = Text("not over yet", "en cours")
MAX_SERIES = 7


@dataclass(frozen=True)
class Traces:
    """`rows`: i (position of the bucket), key, when, value, now, series, legend, cut (incomplete bucket); of a single
    series also then and move. `names` are the series in order; `sliced` when they are slices or several metrics."""

    rows: pd.DataFrame
    names: tuple[str, ...]
    sliced: bool
    starts: tuple[pd.Timestamp, ...]


def metric_of(result: Result, panel: Panel) -> Metric:
    """The panel's `options["metric"]`, else the query's first."""
    wanted = panel.options.get("metric")
    return next((m for m in result.metrics if m.name == wanted), result.metrics[0])


def grain_of(result: Result) -> str:
    return str(getattr(result.query, "grain", None) or "day")


def traces(result: Result, panel: Panel, locale: str) -> Traces:
    """By slice where the query is broken down, by metric where it asks several, else this period beside the compared."""
    starts = tuple(pd.Timestamp(s) for s in sorted(result.frame["bucket"].unique()))
    by = [c.name for c in result.columns if c.role == "dimension"]
    if by:
        rows, names = _slices(result, metric_of(result, panel), by[0], locale)
    elif len(result.metrics) > 1 and "metric" not in panel.options:
        rows, names = _metrics(result, locale)
    else:
        rows, names = _single(result, metric_of(result, panel), locale)
    order = {start: i for i, start in enumerate(starts)}
    grain = grain_of(result)
    rows["i"] = rows["bucket"].map(order)
    rows["key"] = axes.bucket_keys(rows["bucket"])
    rows["cut"] = rows["bucket"].isin(list(result.partial))
    note = f" · {PARTIAL[locale]}"
    rows["when"] = [dates.bucket(b, grain, locale) + (note if c else "") for b, c in zip(rows["bucket"], rows["cut"], strict=True)]
    return Traces(rows.drop(columns="bucket"), tuple(names), bool(by) or len(names) > 2, starts)


def _part(result: Result, metric: Metric, frame: pd.DataFrame, locale: str) -> pd.DataFrame:
    measure = measure_of(result, metric, locale)
    values = frame[metric.name].astype("float64")
    return pd.DataFrame({"bucket": frame["bucket"], "value": values, "now": [measure.exact(v) for v in values]}).reset_index(drop=True)


def _slices(result: Result, metric: Metric, by: str, locale: str) -> tuple[pd.DataFrame, list[str]]:
    ranked = result.frame.groupby(by)[metric.name].sum().sort_values(ascending=False).index[:MAX_SERIES]
    of, parts, names = dimension(by), [], []
    for position, raw in enumerate(ranked):
        names.append(words.slice_name(of, raw, locale))
        part = _part(result, metric, result.frame[result.frame[by] == raw], locale)
        parts.append(part.assign(series=f"s{position}", legend=names[-1], slice=str(raw)))
    return pd.concat(parts, ignore_index=True), names


def _metrics(result: Result, locale: str) -> tuple[pd.DataFrame, list[str]]:
    parts = [
        _part(result, m, result.frame, locale).assign(series=f"s{i}", legend=m.label[locale], slice=m.name)
        for i, m in enumerate(result.metrics)
    ]
    return pd.concat(parts, ignore_index=True), [m.label[locale] for m in result.metrics]


def _single(result: Result, metric: Metric, locale: str) -> tuple[pd.DataFrame, list[str]]:
    names = [THIS[locale]]
    this = _part(result, metric, result.frame, locale).assign(series="this", legend=names[0])
    then = result.frame.get(f"{metric.name}__previous")
    if then is None or then.isna().all():
        return this, names
    names.append(BEFORE.get(result.query.compare or "previous", BEFORE["previous"])[locale])
    before = this.assign(value=then.astype("float64").to_numpy(), series="before", legend=names[1])
    measure = measure_of(result, metric, locale)
    this["then"] = [measure.exact(v) for v in before["value"]]
    this["move"] = [_move(metric, n, t, locale) for n, t in zip(this["value"], before["value"], strict=True)]
    return pd.concat([this, before], ignore_index=True), names


def _move(metric: Metric, now: float, then: float, locale: str) -> str:
    if math.isnan(now) or math.isnan(then) or (metric.change == "percent" and not then):
        return words.MISSING
    return words.change(now - then if metric.change == "points" else (now - then) / abs(then), metric.change, locale)
