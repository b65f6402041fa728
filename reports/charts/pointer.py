"""What the mouse meets on a line chart: a column per bucket that lights up, says its numbers and can be clicked."""

from __future__ import annotations

from typing import Any

from reports.charts import spec
from reports.charts.palette import Palette
from reports.charts.traces import WHEN, Row, Traces, tips

HOVER = {"name": "hover", "select": {"type": "point", "fields": ["key"], "on": "pointerover", "clear": "pointerout"}}


def columns(drawn: Traces, place: dict[str, Any], palette: Palette, locale: str) -> list[spec.Spec]:
    """The columns, over a dot on the line of a single series."""
    rows, said = _rows(drawn, locale)
    edge = max(len(drawn.starts) - 1, 1)
    rows = [row | {"left": max(row["i"] - 0.5, 0), "right": min(row["i"] + 0.5, edge)} for row in rows]
    x = {"field": "left", "type": "quantitative"}
    encoding = {"x": x, "x2": {"field": "right"}, "opacity": spec.when("hover", 0.08, 0), "tooltip": spec.tooltip(said)}
    column = spec.layer(rows, "rect", {"color": palette.hover, "cursor": "pointer"}, encoding)
    column["params"] = [HOVER, spec.pick("key")]
    return [column] if drawn.sliced else [_dots(drawn, place, palette), column]


def _dots(drawn: Traces, place: dict[str, Any], palette: Palette) -> spec.Spec:
    style = {"filled": True, "size": 70, "color": palette.accent, "stroke": palette.card, "strokeWidth": 2}
    rows = [{"i": row["i"], "key": row["key"], "value": row["value"]} for row in drawn.rows]
    return spec.layer(rows, "point", style, place | {"opacity": spec.when("hover", 1, 0)})


def _rows(drawn: Traces, locale: str) -> tuple[list[Row], list[tuple[str, str]]]:
    """One row per bucket, and which of its fields the tooltip says under which title.

    TRICKY: a field name with a dot or a bracket is a path in Vega, so slices are fields s0, s1, …; names are titles.
    """
    kept = ("i", "key", "when", "said", "then", "move")
    if not drawn.sliced:
        return [{name: row[name] for name in kept if name in row} for row in drawn.rows], tips(drawn, locale)
    rows: dict[int, Row] = {}
    for row in drawn.rows:
        rows.setdefault(row["i"], {name: row[name] for name in kept[:3]})[row["series"]] = row["said"]
    return list(rows.values()), [("when", WHEN[locale]), *((f"s{i}", name) for i, name in enumerate(drawn.names))]
