"""Funnels: bars by step with what was lost on the way, how long people take, and the numbers as a table."""

from __future__ import annotations

import math
from typing import Any

import orjson
import pandas as pd

from accounts.language import Text
from analytics.kernels.attribution import OTHER
from analytics.metric import Unit
from analytics.result import Result
from analytics.where import event_dimension
from reports import words
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart, Sheet, SheetColumn, measure_of
from reports.report import Panel

MOST_SLICES = 5
MOST_LETTERS = 20  # of a step in the head of a column
LONGEST = 1e12  # seconds: what a bar without an end ends at
DROPPED = Text("Dropped", "Abandons")
STEP, EVERYBODY = Text("Step", "Étape"), Text("Everybody", "Tout le monde")
PEOPLE, WAY = Text("People", "Personnes"), Text("Conversion", "Conversion")
BEFORE, MEDIAN = Text("Step rate", "Taux de l’étape"), Text("Median time", "Temps médian")
MEAN, VALUE = Text("Mean time", "Temps moyen"), Text("Value", "Valeur")
REST = Text("Other", "Autres")
BETWEEN = Text("{low} to {high}", "{low} à {high}")
TOOK = Text("Took", "Durée")
OPTIONAL = Text("optional", "facultative")
LIKELY = Text("95% interval", "Intervalle à 95 %")


def funnel_steps(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """One bar per step (and slice), as high as the share of those who entered; pale above it those lost since the step before.

    A click gives back `step`, `outcome` (reached or dropped) and `slice` (JSON).
    """
    rows = _steps(result, locale)
    slices = list(dict.fromkeys(row["name"] for row in rows))
    colours = palette.series[: len(slices)] if len(slices) > 1 else (palette.accent,)
    parts = [part for row in rows for part in _parts(row, colours[slices.index(row["name"])], palette)]
    place = _place(rows, slices, locale)
    tip = spec.tooltip(_tips(rows, slices, locale))
    fill = {"field": "fill", "type": "nominal", "scale": None}
    shade = {"field": "shade", "type": "quantitative", "scale": None}
    y = place["y"] | {"field": "top"}
    column = spec.layer(
        parts, "bar", {"cursor": "pointer"}, place | {"y": y, "y2": {"field": "base"}, "color": fill, "opacity": shade, "tooltip": tip}
    )  # fmt: skip
    column["params"] = [spec.pick("step", "outcome", "slice")]
    layers = [column, *_intervals(rows, place, palette)]
    layers += _labels(rows, place, slices)
    if len(slices) > 1:
        layers.insert(0, _legend(rows, place, slices, colours))
    return spec.chart(layers, palette, panel.height)


def _steps(result: Result, locale: str) -> list[Row]:
    """One row per slice and step, in words; the largest slices only."""
    by = [c.name for c in result.columns if c.role == "dimension" and c.name not in ("step", "event")]
    frame, rows = result.frame, []
    groups = [frame] if not by else [part for _, part in frame.groupby(by, sort=False)][:MOST_SLICES]
    notes = result.extra.get("steps", [])
    for group in groups:
        raw = [str(group[name].iloc[0]) for name in by]
        name = " · ".join(slice_label(n, v, locale) for n, v in zip(by, raw, strict=True)) or EVERYBODY[locale]
        before = 1.0
        for step in group.to_dict("records"):
            row = _step(result, step, locale) | {"name": name, "slice": orjson.dumps(raw).decode() if by else "", "before": before}
            optional = bool(notes[int(step["step"]) - 1]["optional"]) if notes else False
            row["title"] += f" ({OPTIONAL[locale]})" if optional else ""
            before = before if optional else row["share"]
            rows.append(row)
    return rows


def slice_label(name: str, raw: str, locale: str) -> str:
    """One value in words; slices beyond the limit are one."""
    return REST[locale] if raw == OTHER else words.slice_name(event_dimension(name), raw, locale)


def _step(result: Result, step: dict[Any, Any], locale: str) -> Row:
    share = 0.0 if math.isnan(step["conversion"]) else float(step["conversion"])
    row: Row = {
        "step": str(step["step"]),
        "title": f"{step['step']}. {step['event'] if step['event'] != '*' else Text('Any event', 'Tout événement')[locale]}",
        "share": share,
        "said": words.percent(share, locale, 1 if share < 0.995 and share else 0),
        "whole": words.percent(share, locale, 0),
        "people": words.count(float(step["people"]), locale, "exact"),
        "few": words.count(float(step["people"]), locale),
        "lost": words.count(float(step["dropped"]), locale, "exact"),
        "low": step["low"],
        "high": step["high"],
        "way": _rate(step, "conversion", "low", "high", locale),
        "since": _rate(step, "step_conversion", "step_low", "step_high", locale) if step["step"] != "1" else words.MISSING,
        "median": words.value(step["median_time"], Unit.SECONDS, locale),
        "mean": words.value(step["mean_time"], Unit.SECONDS, locale),
    }
    if "value" in step:
        row["money"] = words.value(step["value"], Unit.MONEY, locale, result.currency)
    return row


def _rate(step: dict[Any, Any], *names: str) -> str:
    """62.4% (60.1% to 64.7%)."""
    *fields, locale = names
    share, low, high = (words.percent(float(step[name]), locale) if not math.isnan(step[name]) else words.MISSING for name in fields)
    return share if low == words.MISSING else f"{share} ({low} – {high})"


def _parts(row: Row, colour: str, palette: Palette) -> list[Row]:
    """The bar, and above it what was lost since the step before."""
    kept = {k: v for k, v in row.items() if k not in ("low", "high", "before", "share")}
    bars = [kept | {"outcome": "reached", "base": 0.0, "top": row["share"], "fill": colour, "shade": 1}]
    if row["step"] != "1" and row["before"] > row["share"]:
        bars.append(kept | {"outcome": "dropped", "base": row["share"], "top": row["before"], "fill": palette.idle, "shade": 0.45})
    return bars


def _place(rows: list[Row], slices: list[str], locale: str) -> dict[str, Any]:
    steps = list(dict.fromkeys(row["step"] for row in rows))
    titles = axes.labels([(row["step"], row["title"]) for row in rows])
    marks = [0.0, 0.25, 0.5, 0.75, 1.0]
    place: dict[str, Any] = {
        "x": {
            "field": "step",
            "type": "ordinal",
            "sort": steps,
            "axis": {"labelExpr": titles, "labelAngle": 0, "grid": False, "labelLimit": {"expr": f"width / {max(len(steps), 1)} - 8"}},
            "scale": {"domain": steps, "paddingInner": 0.32, "paddingOuter": 0.16},
        },
        "y": {
            "type": "quantitative",
            "axis": {"values": marks, "labelExpr": axes.labels([(m, words.percent(m, locale, 0)) for m in marks])},
            "scale": {"domain": [0, 1.14], "nice": False},
        },
    }
    if len(slices) > 1:
        place["xOffset"] = {"field": "name", "type": "nominal", "sort": slices, "scale": {"domain": slices, "paddingInner": 0.08}}
    return place


def _tips(rows: list[Row], slices: list[str], locale: str) -> list[tuple[str, str]]:
    shown = [("title", STEP), ("people", PEOPLE), ("lost", DROPPED), ("way", WAY), ("since", BEFORE), ("median", MEDIAN), ("mean", MEAN)]
    tips = [(field, text[locale]) for field, text in shown]
    if len(slices) > 1:
        tips.insert(1, ("name", Text("Group", "Groupe")[locale]))
    return tips + ([("money", VALUE[locale])] if rows and "money" in rows[0] else [])


def _intervals(rows: list[Row], place: dict[str, Any], palette: Palette) -> list[spec.Spec]:
    """Where the share lies with 95 % confidence; the entrance is no estimate."""
    known = [{k: row[k] for k in ("step", "name", "low", "high")} for row in rows if row["step"] != "1" and not math.isnan(row["low"])]
    if not known:
        return []
    encoding = place | {"y": place["y"] | {"field": "low"}, "y2": {"field": "high"}}
    return [spec.layer(known, "rule", {"color": palette.ink, "opacity": 0.55, "strokeWidth": 1.5}, encoding)]


def _labels(rows: list[Row], place: dict[str, Any], slices: list[str]) -> list[spec.Spec]:
    """Over each bar its share and how many; of several slices the share alone, of many nothing."""
    if len(slices) > 3:
        return []
    at = place | {"y": place["y"] | {"field": "top"}}
    size = {"expr": f"width / {max(len(rows), 1)} < 52 ? 9.5 : 13"}
    alone = len(slices) == 1
    style = {"dy": -20 if alone else -8, "fontWeight": 600, "fontSize": size}
    shares = spec.layer(map(_label, rows), "text", style, at | {"text": {"field": "said" if alone else "whole"}})
    few = spec.layer(map(_label, rows), "text", {"dy": -6, "opacity": 0.75}, at | {"text": {"field": "few"}})
    return [shares, few] if alone else [shares]


def _label(row: Row) -> Row:
    """Above the bar, what was lost and the interval."""
    before = row["before"] if row["step"] != "1" else 0.0
    return {name: row[name] for name in ("step", "name", "said", "whole", "few")} | {"top": max(row["share"], before, _known(row["high"]))}


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else float(value)


def _legend(rows: list[Row], place: dict[str, Any], slices: list[str], colours: tuple[str, ...]) -> spec.Spec:
    """Unseen squares that carry the legend of the slices."""
    names = [{"step": rows[0]["step"], "name": name, "top": 0.0} for name in slices]
    scale = {"domain": slices, "range": list(colours)}
    colour = {
        "field": "name",
        "type": "nominal",
        "scale": scale,
        "legend": {**spec.legend(symbolType="square"), "columns": {"expr": "width < 460 ? 1 : 3"}},
    }
    return spec.layer(names, "square", {"size": 0}, place | {"y": place["y"] | {"field": "top"}, "color": colour})


def funnel_times(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """How long people took from the first step to the last: one bar per span of time, all slices together."""
    frame = result.frame.groupby(["from_seconds", "to_seconds"], as_index=False)["people"].sum()
    total = float(frame["people"].sum()) or 1.0
    rows = [_time(bar, total, locale) for bar in frame.to_dict("records")]
    keys = [row["key"] for row in rows]
    height = axes.value_axis(
        0.0, max((row["value"] for row in rows), default=1.0), measure_of(result, result.metrics[0], locale), panel.height
    )
    every = max(1, math.ceil(len(keys) / 6))
    axis = {
        "values": keys[::every],
        "labelExpr": axes.labels([(row["key"], row["from"]) for row in rows]),
        "labelAngle": 0,
        "labelOverlap": "greedy",
        "grid": False,
    }
    encoding = {
        "x": {"field": "key", "type": "ordinal", "sort": keys, "axis": axis, "scale": {"domain": keys, "paddingInner": 0.12}},
        "y": {"field": "value", "type": "quantitative", **height},
        "tooltip": spec.tooltip([("span", TOOK[locale]), ("said", PEOPLE[locale]), ("share", WAY[locale])]),
    }
    bars = spec.layer(rows, "bar", {"color": palette.accent, "cursor": "pointer"}, encoding)
    bars["params"] = [spec.pick("took")]
    return spec.chart([bars], palette, panel.height)


def _time(bar: dict[Any, Any], total: float, locale: str) -> Row:
    first, last = float(bar["from_seconds"]), float(bar["to_seconds"])
    low, high = words.duration(first, locale), words.duration(last, locale) if math.isfinite(last) else "∞"
    return {
        "key": f"{first:g}",
        "took": orjson.dumps([first, min(last, LONGEST)]).decode(),
        "value": float(bar["people"]),
        "from": low,
        "span": BETWEEN[locale].format(low=low, high=high),
        "said": words.count(float(bar["people"]), locale, "exact"),
        "share": words.percent(float(bar["people"]) / total, locale),
    }


def funnel_table(result: Result, panel: Panel, palette: Palette, locale: str) -> Sheet:
    """The same numbers in words: a row per step, or with a breakdown a row per slice with its share at each step."""
    sliced = any(c.role == "dimension" and c.name not in ("step", "event") for c in result.columns)
    return _by_slice(result, locale) if sliced else _by_step(result, locale)


def _by_step(result: Result, locale: str) -> Sheet:
    rows = _steps(result, locale)
    shown = [("title", STEP), ("people", PEOPLE), ("lost", DROPPED), ("way", WAY), ("since", BEFORE), ("median", MEDIAN)]
    shown += [("money", VALUE)] if rows and "money" in rows[0] else []
    heads = [SheetColumn(name, text[locale], name != "title") for name, text in shown]
    columns = (*heads, SheetColumn("step", "", False, hidden=True))
    cells = tuple(tuple(str(row[c.name]) for c in columns) for row in rows)
    return Sheet(columns, cells, cells)


def _by_slice(result: Result, locale: str) -> Sheet:
    by = [c for c in result.columns if c.role == "dimension" and c.name not in ("step", "event")]
    steps = list(dict.fromkeys(zip(result.frame["step"], result.frame["event"], strict=True)))
    heads = [SheetColumn(c.name, c.label[locale], False) for c in by] + [SheetColumn("people", PEOPLE[locale], True, bar=True)]
    heads += [SheetColumn(f"s{number}", f"{number}. {title}"[:MOST_LETTERS], True) for number, title in steps[1:]]
    heads += [SheetColumn("likely", LIKELY[locale], True)]
    heads += [SheetColumn("money", VALUE[locale], True)] if "value" in result.frame.columns else []
    heads += [SheetColumn("slice", "", False, hidden=True)]
    rows = [_slice_row(result, group, [c.name for c in by], locale) for _, group in result.frame.groupby([c.name for c in by], sort=False)]
    return Sheet(tuple(heads), tuple(cells for cells, _ in rows), tuple(raw for _, raw in rows))


def _slice_row(result: Result, group: pd.DataFrame, by: list[str], locale: str) -> tuple[tuple[str, ...], tuple[object, ...]]:
    """The cells of one slice, and what is behind them: people, the share at each later step, the last one's interval and money."""
    names, last = [str(group[name].iloc[0]) for name in by], group.iloc[-1]
    people, shares = float(group["people"].iloc[0]), [float(v) for v in group["conversion"].iloc[1:]]
    likely = BETWEEN[locale].format(low=words.percent(last["low"], locale), high=words.percent(last["high"], locale))
    money = [float(last["value"])] if "value" in group.columns else []
    paid = [words.value(amount, Unit.MONEY, locale, result.currency) for amount in money]
    slice_ = orjson.dumps(names).decode()
    said = [slice_label(n, v, locale) for n, v in zip(by, names, strict=True)]
    cells = (*said, words.count(people, locale, "exact"), *(words.percent(v, locale) for v in shares), likely, *paid, slice_)
    return cells, (*names, people, *shares, likely, *money, slice_)
