"""Retention: a grid of cohorts (or slices) by offset with its weighted mean, and the curve over offsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pandas as pd

from accounts.language import Text
from analytics.metric import Unit
from analytics.result import Result
from reports import dates, words
from reports.charts import axes, spec
from reports.charts.grids import NARROW, TIGHT
from reports.charts.palette import Palette, heat
from reports.charts.traces import Row
from reports.charts.view import Chart, worded
from reports.report import Panel

LETTER = {"hour": Text("H", "H"), "day": Text("D", "J"), "week": Text("W", "S"), "month": Text("M", "M")}
COHORT, SIZE, SLICE = Text("Cohort", "Cohorte"), Text("At the start", "Au départ"), Text("Slice", "Tranche")
AFTER, RATE, THERE = Text("After", "Après"), Text("Rate", "Taux"), Text("Still there", "Encore là")
MEAN, SIZED = Text("Weighted mean", "Moyenne pondérée"), Text("Start", "Départ")
ONGOING = Text("not over yet", "en cours")
CELL = 30
MOST_ROWS, MOST_COLUMNS = 60, 61


def cuts(result: Result) -> list[str]:
    """The dimensions of the breakdown."""
    return list(getattr(result.query, "by", ()))


def column_name(result: Result, offset: int, last: int, locale: str) -> str:
    """W3, or W4–7 for a bracket."""
    letter = LETTER[getattr(result.query, "grain", "month")][locale]
    return f"{letter}{offset}" if last == offset else f"{letter}{offset}–{last}"


def slice_words(by: Sequence[str], values: Sequence[str], locale: str) -> str:
    """Each value of a slice in words."""
    return " · ".join(words.slice_name(worded(name), raw, locale) for name, raw in zip(by, values, strict=True))


def retention(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One row per cohort under their weighted mean, or one per slice of a breakdown; cells still in progress are hatched.

    `options["show"]`: "share" (default), "count", or "lost", the share that is not there. A click gives back `key` (a cohort), `later`,
    `slice` (JSON) and `outcome`, as People names a cell.
    """
    frame = result.frame.dropna(subset=["rate"])
    frame = frame[frame["offset"] < MOST_COLUMNS]
    lines = _slices(result, locale) if cuts(result) else [*_mean(result, locale), *_cohorts(result, frame, locale)]
    rows = [cell | {"i": i} for i, line in enumerate(lines) for cell in line]
    shown = [_worded(result, row, panel, locale) for row in rows]
    return spec.chart(_grid(_painted(shown, palette), result, palette, locale), palette, max(CELL * (len(lines) + 1), 100))


def _cohorts(result: Result, frame: pd.DataFrame, locale: str) -> list[list[Row]]:
    grain = str(getattr(result.query, "grain", "month"))
    lines = []
    for start in sorted(set(frame["cohort"]))[-MOST_ROWS:]:
        stamp = pd.Timestamp(start)
        head = {"row": dates.tick(stamp, grain, locale), "full": dates.bucket(stamp, grain, locale), "key": axes.bucket_keys([stamp])[0]}
        lines.append([head | _cell(cell) for cell in frame[frame["cohort"] == start].to_dict("records")])
    return lines


def _mean(result: Result, locale: str) -> list[list[Row]]:
    mean = _means(result)
    head = {"row": MEAN[locale], "full": MEAN[locale], "key": ""}
    return [[head | _cell(cell) for cell in mean.to_dict("records")]] if len(mean) else []


def _slices(result: Result, locale: str) -> list[list[Row]]:
    by, mean = cuts(result), _means(result)
    lines = []
    for values, part in mean.groupby(by, sort=False):
        said = slice_words(by, [str(v) for v in values], locale)
        head = {"row": said, "full": said, "key": "", "slice": orjson.dumps([str(v) for v in values]).decode()}
        lines.append([head | _cell(cell) for cell in part.to_dict("records")])
    return lines


def _means(result: Result) -> pd.DataFrame:
    """The weighted means, with how far each column reaches."""
    mean: pd.DataFrame = result.extra["mean"]
    mean = mean[mean["offset"] < MOST_COLUMNS]
    if "until" in result.frame.columns and len(mean):
        mean = mean.assign(until=mean["offset"].map(dict(zip(result.frame["offset"], result.frame["until"], strict=True))))
    return mean


def _cell(cell: dict[Any, Any]) -> Row:
    offset = int(cell["offset"])
    return {
        "later": offset,
        "last": int(cell.get("until", offset)),
        "size": float(cell["size"]),
        "count": float(cell["value"]),
        "rate": float(cell["rate"]),
        "whole": bool(cell.get("complete", True)),
    }


def _amount(result: Result, value: float, locale: str, *, exact: bool = False) -> str:
    unit = next((c.unit for c in result.columns if c.name == "value"), Unit.COUNT)
    return words.value(value, unit, locale, result.currency, "exact" if exact else "short")


def _worded(result: Result, row: Row, panel: Panel, locale: str) -> Row:
    show = panel.options.get("show", "share")
    lost = show == "lost" and row["later"] > 0
    rate, count = (1 - row["rate"], row["size"] - row["count"]) if lost else (row["rate"], row["count"])
    share = show != "count"
    ongoing = "" if row["whole"] else f" · {ONGOING[locale]}"
    return row | {
        "rate": rate,
        "outcome": "dropped" if lost else "",
        "said": words.percent(rate, locale, 1 if 0 < rate < 0.0995 else 0) if share else _amount(result, count, locale),
        "tight": words.decimal(rate * 100, 0, locale) if share else _amount(result, count, locale),
        "exact": words.percent(rate, locale) + ongoing,
        "there": _amount(result, count, locale, exact=True),
        "people": _amount(result, row["size"], locale, exact=True),
        "column": column_name(result, row["later"], row["last"], locale),
        "j": row["later"] + 1,
    }


def _painted(rows: list[Row], palette: Palette) -> list[Row]:
    """Each cell's colour by its share of the largest one after the start, which is always whole."""
    top = max((row["rate"] for row in rows if row["later"] and row["rate"] == row["rate"]), default=1.0) or 1.0
    painted = []
    for row in rows:
        fill, ink = heat(palette, row["rate"] / top if row["later"] else 0.0)
        painted.append(row | {"fill": fill, "ink": ink})
    return painted


def _grid(rows: list[Row], result: Result, palette: Palette, locale: str) -> list[spec.Spec]:
    across = {0: SIZED[locale], **{row["j"]: row["column"] for row in sorted(rows, key=lambda r: int(r["j"]))}}
    place = _place(rows, across)
    head = SLICE if cuts(result) else COHORT
    tip = spec.tooltip(
        [("full", head[locale]), ("people", SIZE[locale]), ("column", AFTER[locale]), ("exact", RATE[locale]), ("there", THERE[locale])]
    )
    colour = {"color": {"field": "fill", "type": "nominal", "scale": None}, "tooltip": tip}
    cells = spec.layer(rows, "rect", {"cornerRadius": 2, "cursor": "pointer"}, place | colour)
    cells["params"] = [spec.pick("key", "later", "slice", "outcome")]
    cut = [row for row in rows if not row["whole"] and row["later"]]
    striped = {"color": spec.hatch(palette.card, 9, 1), "opacity": 0.6, "cursor": "pointer"}
    over = [spec.layer(cut, "rect", striped, place | {"tooltip": tip})] if cut else []
    said = {"condition": {"test": NARROW, "value": {"expr": "datum.tight"}}, "field": "said"}
    style = {"fontSize": {"expr": f"{TIGHT} ? 0 : {NARROW} ? 9 : 11.5"}, "cursor": "pointer"}
    ink = {"text": said, "color": {"field": "ink", "type": "nominal", "scale": None}, "tooltip": tip}
    sizes = [row | {"j": 0, "said": row["people"], "later": 0} for row in rows if not row["later"]]
    start = spec.layer(
        sizes, "text", {"fontSize": {"expr": f"{NARROW} ? 9 : 11.5"}, "color": palette.muted}, place | {"text": {"field": "said"}}
    )
    return [cells, *over, spec.layer(rows, "text", style, place | ink), start]


def _place(rows: list[Row], across: dict[int, str]) -> dict[str, Any]:
    """Rows and columns by number: two cohorts or slices may be called the same."""
    names = axes.labels([(float(row["i"]), str(row["row"])) for row in rows])
    heads = axes.labels([(float(j), name) for j, name in across.items()])
    top = {"orient": "top", "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 3, "labelPadding": 6, "labelExpr": heads}
    x = {"field": "j", "type": "ordinal", "sort": list(across), "axis": top, "scale": {"domain": list(across), "paddingInner": 0.06}}
    down = list(dict.fromkeys(row["i"] for row in rows))
    side = {"grid": False, "labelExpr": names, "labelLimit": {"expr": "width < 460 ? 72 : 150"}}
    return {"x": x, "y": {"field": "i", "type": "ordinal", "sort": down, "axis": side, "scale": {"domain": down, "paddingInner": 0.1}}}
