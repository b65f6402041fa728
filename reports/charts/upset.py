"""UpSet: which segments overlap. A column per combination, its people as a bar above, its segments as joined dots below."""

from __future__ import annotations

from typing import Any

from accounts.language import Text
from analytics.result import Result
from analytics.segment_names import title
from reports import words
from reports.charts import spec
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart
from reports.report import Panel

ROW, BARS, MOST = 30, 150, 12
EXACTLY, PEOPLE = Text("Exactly in", "Exactement dans"), Text("People", "Personnes")
SHARE = Text("Share of all in any", "Part de l’ensemble")


def upset(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The most frequent combinations, each person in exactly one. Segments stand below in the order asked for, with their sizes.
    A click gives back `among`: the places of the column's segments, such as `0+2`."""
    segments, sizes = result.extra["segments"], result.extra["sizes"]
    sets = result.extra["sets"][:MOST]
    rows = [_column(result, i, places, locale) for i, places in enumerate(sets)]
    depth = len(segments)
    most = max((row["users"] for row in rows), default=1.0) or 1.0
    tall = BARS / ROW  # the bars' room, in rows
    bars = [row | {"base": depth - 0.2, "top": depth - 0.2 + row["users"] / most * (tall - 0.9)} for row in rows]
    y = {"type": "quantitative", "axis": None, "scale": {"domain": [-0.6, depth + tall], "nice": False}}
    place = {
        "x": _across(len(rows)),
        "tooltip": spec.tooltip([("said", EXACTLY[locale]), ("exact", PEOPLE[locale]), ("share", SHARE[locale])]),
    }
    pairs = list(zip(rows, sets, strict=True))
    dots = [row | {"y": depth - 1 - p, "on": p in places} for row, places in pairs for p in range(depth)]
    joins = [row | {"y": depth - 1 - places[0], "to": depth - 1 - places[-1]} for row, places in pairs]
    labels = [{"y": depth - 1 - p, "name": title(one), "size": words.count(sizes[p], locale)} for p, one in enumerate(segments)]
    above = {"text": {"field": "short"}, "y": y | {"field": "top"}}
    between = {"y": y | {"field": "y"}, "y2": {"field": "to"}}
    style = {"color": palette.accent, "cursor": "pointer"}
    bar = spec.layer(bars, "bar", style, place | {"y": y | {"field": "base"}, "y2": {"field": "top"}})
    bar["params"] = [spec.pick("among")]
    layers = [
        bar,
        spec.layer(bars, "text", {"baseline": "bottom", "dy": -3}, place | above),
        spec.layer(joins, "rule", {"color": palette.accent, "strokeWidth": 2.5}, place | between),
        _dots(dots, place | {"y": y | {"field": "y"}}, palette),
        _labels(labels, y, palette),
    ]
    return spec.chart(layers, palette, ROW * depth + BARS)


def _across(columns: int) -> dict[str, Any]:
    """Right of the names."""
    room = [{"expr": "min(190, width * 0.42)"}, {"expr": "width"}]
    scale = {"domain": list(range(columns)), "range": room, "paddingInner": 0.35, "paddingOuter": 0.3}
    return {"field": "i", "type": "ordinal", "axis": None, "scale": scale}


def _column(result: Result, i: int, places: list[int], locale: str) -> Row:
    users, share = (float(result.frame[name].iloc[i]) for name in ("segment_users", "segment_share"))
    return {
        "i": i,
        "among": "+".join(map(str, places)),
        "users": users,
        "said": " + ".join(title(result.extra["segments"][p]) for p in places),
        "short": words.count(users, locale),
        "exact": words.count(users, locale, "exact"),
        "share": words.percent(share, locale),
    }


def _dots(rows: list[Row], place: dict[str, Any], palette: Palette) -> spec.Spec:
    colour = spec.condition("datum.on", palette.accent, palette.grid)
    return spec.layer(rows, "point", {"filled": True, "size": 110, "opacity": 1}, place | {"color": colour})


def _labels(rows: list[Row], y: dict[str, Any], palette: Palette) -> spec.Spec:
    """Name and size of each segment, left of the dots."""
    shown = [row | {"label": f"{row['name'][:24]}{'…' if len(row['name']) > 24 else ''}  {row['size']}"} for row in rows]
    style = {"align": "left", "baseline": "middle", "limit": {"expr": "min(180, width * 0.4)"}, "color": palette.ink}
    return spec.layer(shown, "text", style, {"x": {"value": 0}, "y": y | {"field": "y"}, "text": {"field": "label"}})
