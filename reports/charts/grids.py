"""Grids of labelled cells: cohorts by offset, hours by weekday."""

from __future__ import annotations

import altair as alt
import pandas as pd

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.result import Result
from reports import dates, words
from reports.charts import axes
from reports.charts.palette import Palette, config, heat
from reports.charts.traces import metric_of
from reports.charts.view import PICK, measure_of
from reports.report import Panel

COHORT, SIZE = Text("Cohort", "Cohorte"), Text("Cohort size", "Taille")
AFTER, RATE = Text("After", "Après"), Text("Rate", "Taux")
VALUE = Text("Value", "Valeur")
ONGOING = Text("not over yet", "en cours")
STEP = {"day": Text("D", "J"), "week": Text("W", "S"), "month": Text("M", "M")}
CELL = 30


def cohorts(result: Result, panel: Panel, palette: Palette, locale: str) -> alt.TopLevelMixin:
    """One row per cohort, one column per offset; a cell still in progress is outlined, not filled.

    The frame holds cohort, offset, size, value, rate, complete.
    """
    frame = result.frame.dropna(subset=["rate"]).copy()
    grain = str(getattr(result.query, "grain", None) or "month")
    letter = STEP.get(grain, STEP["month"])[locale]
    frame["cohort"] = pd.to_datetime(frame["cohort"])
    frame["row"] = [dates.tick(c, grain, locale) for c in frame["cohort"]]
    frame["column"] = [f"{letter}{int(o)}" for o in frame["offset"]]
    frame["said"] = [words.percent(r, locale, 0) for r in frame["rate"]]
    frame["exact"] = [
        words.percent(r, locale) + ("" if c else f" · {ONGOING[locale]}") for r, c in zip(frame["rate"], frame["complete"], strict=True)
    ]
    frame["full"] = [dates.bucket(c, grain, locale) for c in frame["cohort"]]
    frame["people"] = [words.count(float(s), locale, "exact") for s in frame["size"]]
    frame["key"] = axes.bucket_keys(frame["cohort"])
    return _grid(_painted(frame, _shares(frame["rate"]), palette), panel, palette, _cohort_tips(locale))


def _cohort_tips(locale: str) -> list[alt.Tooltip]:
    shown = (("full", COHORT), ("people", SIZE), ("column", AFTER), ("exact", RATE))
    return [alt.Tooltip(f"{name}:N", title=text[locale]) for name, text in shown]


def hours(result: Result, panel: Panel, palette: Palette, locale: str) -> alt.TopLevelMixin:
    """Weekdays down, hours across; the query is broken down by weekday and hour_of_day."""
    metric = metric_of(result, panel)
    measure = measure_of(result, metric, locale)
    week = dimension("weekday")
    known = {
        (str(int(float(d))), int(float(h))): float(v)
        for d, h, v in result.frame[["weekday", "hour_of_day", metric.name]].itertuples(index=False)
    }
    rows = [(d, h, known.get((str(d), h), 0.0)) for d in range(1, 8) for h in range(24)]
    frame = pd.DataFrame(rows, columns=["weekday", "hour", "value"])
    frame["row"] = [words.slice_name(week, str(d), locale)[:3].capitalize() for d in frame["weekday"]]
    frame["column"] = [f"{h:02d}" for h in frame["hour"]]
    frame["full"] = [
        f"{words.slice_name(week, str(d), locale)} {h:02d}:00–{(h + 1) % 24:02d}:00"
        for d, h in zip(frame["weekday"], frame["hour"], strict=True)
    ]
    frame["exact"] = [measure.exact(v) for v in frame["value"]]
    frame["said"], frame["complete"], frame["key"] = "", True, frame["column"]
    tips = [alt.Tooltip("full:N", title=Text("Hour", "Heure")[locale]), alt.Tooltip("exact:N", title=metric.label[locale])]
    return _grid(_painted(frame, _shares(frame["value"]), palette), panel, palette, tips)


def _shares(values: pd.Series[float]) -> pd.Series[float]:
    """Each value's place between the lowest and the highest (a full cell may stand at 100 %)."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / ((high - low) or 1.0)


def _painted(frame: pd.DataFrame, shares: pd.Series[float], palette: Palette) -> pd.DataFrame:
    pairs = [heat(palette, float(s)) for s in shares]
    return frame.assign(fill=[p[0] for p in pairs], ink=[p[1] for p in pairs])


def _grid(frame: pd.DataFrame, panel: Panel, palette: Palette, tips: list[alt.Tooltip]) -> alt.TopLevelMixin:
    rows, across = list(dict.fromkeys(frame["row"])), sorted(set(frame["column"]), key=lambda c: int(c.lstrip("DJWSM")))
    base = alt.Chart(
        frame[["row", "column", "fill", "ink", "said", "exact", "full", "key", "complete", *(["people"] if "people" in frame else [])]]
    ).encode(
        x=alt.X(
            "column:O",
            sort=across,
            axis=alt.Axis(orient="top", labelAngle=0, labelOverlap="greedy", labelPadding=6),
            scale=alt.Scale(paddingInner=0.06),
        ),
        y=alt.Y("row:O", sort=rows, axis=alt.Axis(grid=False), scale=alt.Scale(paddingInner=0.1)),
    )
    pick = alt.selection_point(name=PICK, fields=["key"], on="click", empty=False)
    cells = base.mark_rect(cornerRadius=2).encode(
        color=alt.Color("fill:N", scale=None), opacity=alt.condition("datum.complete", alt.value(1), alt.value(0.55)), tooltip=tips
    )
    layers = [cells.add_params(pick)]
    if frame["said"].any():
        layers.append(base.mark_text(fontSize=12, tooltip=None).encode(text="said:N", color=alt.Color("ink:N", scale=None)))
    return alt.layer(*layers).properties(height=max(panel.height, 0) if len(rows) <= 8 else CELL * len(rows)).configure(**config(palette))
