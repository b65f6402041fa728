"""A year of days: weeks across, weekdays down, each day as dark as much happened."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd

from accounts.language import Text
from analytics.result import Result
from reports import dates, words
from reports.charts import spec
from reports.charts.palette import Palette, heat
from reports.charts.traces import Row
from reports.charts.view import Chart
from reports.report import Panel

WEEKS = 53
DAY = Text("Day", "Jour")
NONE = Text("nothing", "rien")


def calendar(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The frame holds `bucket` (a day) and one metric; the last 53 weeks of the period are drawn, days without a row as nothing."""
    column = next(c for c in result.columns if c.role == "metric")
    counts = {pd.Timestamp(day).date(): float(n) for day, n in zip(result.frame["bucket"], result.frame[column.name], strict=True)}
    last = min(result.period.last - timedelta(days=1), result.period.until.date())
    first = last - timedelta(days=WEEKS * 7 - 1 - (6 - last.weekday()))
    most = max((n for day, n in counts.items() if day >= first), default=0.0) or 1.0
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    rows = [_cell(day, counts.get(day, 0.0), most, (palette, locale)) for day in days]
    tip = spec.tooltip([("full", DAY[locale]), ("exact", column.label[locale])])
    return spec.chart([_layer(rows, days, (tip, locale))], palette, panel.height)


def _cell(day: date, count: float, most: float, drawn: tuple[Palette, str]) -> Row:
    palette, locale = drawn
    # The root sets days of little apart from each other where one day had much.
    fill = heat(palette, (count / most) ** 0.5)[0] if count else palette.grid
    return {
        "week": _week(day),
        "weekday": dates.weekday(day.weekday(), locale)[:3].capitalize(),
        "full": dates.days(day, day, locale),
        "exact": words.count(count, locale, "exact") if count else NONE[locale],
        "fill": fill,
        "key": day.isoformat(),
    }


def _week(day: date) -> str:
    return (day - timedelta(days=day.weekday())).isoformat()


def _layer(rows: list[Row], days: list[date], said: tuple[list[spec.Spec], str]) -> spec.Spec:
    tip, locale = said
    weeks = list(dict.fromkeys(_week(day) for day in days))
    months = {week: dates.tick(pd.Timestamp(week).to_pydatetime(), "month", locale).split(" ")[0] for week in weeks}
    starts = [week for before, week in zip(["", *weeks], weeks, strict=False) if week[:7] != before[:7]]
    labels = "".join(f"datum.value === '{week}' ? '{months[week]}' : " for week in starts[1:]) + "''"
    down = [dates.weekday(n, locale)[:3].capitalize() for n in range(7)]
    axis: dict[str, Any] = {
        "orient": "top",
        "labelAngle": 0,
        "labelExpr": labels,
        "labelOverlap": "greedy",
        "labelSeparation": 2,
        "labelPadding": 4,
    }
    place: dict[str, Any] = {
        "x": {"field": "week", "type": "ordinal", "sort": weeks, "axis": axis, "scale": {"domain": weeks, "paddingInner": 0.18}},
        "y": {
            "field": "weekday",
            "type": "ordinal",
            "sort": down,
            "axis": {"grid": False},
            "scale": {"domain": down, "paddingInner": 0.18},
        },
    }
    fill = {"field": "fill", "type": "nominal", "scale": None}
    return spec.layer(rows, "rect", {"cornerRadius": 2}, place | {"color": fill, "tooltip": tip})
