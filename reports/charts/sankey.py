"""Paths as a Sankey diagram: steps from left to right, links as wide as what flows, stubs where it ends.

Links are polygons of ours, so the same picture is drawn on screen and on paper, and every link and node can be clicked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from accounts.language import Text
from analytics.result import Result
from reports import words
from reports.charts import spec
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart
from reports.report import Panel

STEP, ITEM, SESSIONS = Text("Step", "Étape"), Text("At", "À"), Text("Sessions", "Sessions")
ENDED, ENDED_AT = Text("Ended here", "Finis ici"), Text("ends after {item}", "fin après {item}")
FROM, TO, SHARE, MEAN = Text("From", "De"), Text("To", "Vers"), Text("Share", "Part"), Text("Mean time", "Temps moyen")
SAMPLES = 13  # points along each edge of a link
GAP = 0.022  # of the height, between two nodes
WIDTH = 0.03  # of a node, in steps' distance at one step
STUB = 0.16  # how far an end reaches towards the next step
TWO_LINES = 0.085  # and those at least so high also say how many
LEAST_LABEL = 0.016  # nodes lower than this share of the height are named under the mouse only


@dataclass
class Box:
    """A node: its step and item, how many came and ended, and where it stands (`top` to `top + height`, both of the whole)."""

    name: str
    step: int
    item: str
    came: float
    ended: float
    top: float = 0.0
    height: float = 0.0
    out: float = 0.0  # how much of its right side is taken
    into: float = 0.0  # and of its left one


def sankey(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The edges of a Paths answer. A click on a link gives back `source` and `target`, on a node `source`, on an end also `outcome`."""
    boxes = _boxes(result)
    scale = _placed(boxes.values())
    total = float(result.totals.get("paths") or 0.0)
    links = _links(result, boxes, scale, locale)
    steps = sorted({box.step for box in boxes.values()})
    ends = [_end(box, scale, locale) for box in boxes.values() if box.ended and box.step != steps[-1]]
    x = {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [steps[0] - 0.02, steps[-1] + 0.75], "nice": False}}
    y = {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [1.0, 0.0], "nice": False, "zero": False}}
    place = {"x": x, "y": y}
    layers = [_areas(links, place, palette, locale), _stubs(ends, place, palette, locale)]
    nodes = [_node(box, total, locale) for box in boxes.values()]
    return spec.chart([*layers, *_drawn(nodes, place, (palette, len(steps), locale))], palette, _height(boxes.values()))


def _height(boxes: Iterable[Box]) -> int:
    """Room for the fullest step."""
    count: dict[int, int] = defaultdict(int)
    for box in boxes:
        count[box.step] += 1
    return min(max(320, 44 * max(count.values(), default=1)), 760)


def _boxes(result: Result) -> dict[str, Box]:
    nodes = sorted(result.extra["nodes"], key=lambda node: (int(node["step"]), -float(node["paths"]), str(node["item"])))
    return {n["node"]: Box(n["node"], int(n["step"]), str(n["item"]), float(n["paths"]), float(n["ended"])) for n in nodes}


def _placed(boxes: Iterable[Box]) -> float:
    """Stack the nodes of each step; how much height one session has."""
    steps: dict[int, list[Box]] = defaultdict(list)
    for box in boxes:
        steps[box.step].append(box)
    room = [(1.0 - min((len(column) - 1) * GAP, 0.8)) / (sum(box.came for box in column) or 1.0) for column in steps.values()]
    scale = min(room, default=1.0)
    for column in steps.values():
        top = 0.0
        for box in column:
            box.top, box.height = top, box.came * scale
            top += box.height + GAP
    return scale


def _links(result: Result, boxes: dict[str, Box], scale: float, locale: str) -> list[list[Row]]:
    """Links leave a node in the order in which their targets stand, and arrive in that of their sources: so fewest of them cross."""
    edges = [(boxes[edge["source"]], boxes[edge["target"]], edge) for edge in result.frame.to_dict("records")]
    starts, ends = {}, {}
    for source, target, edge in sorted(edges, key=lambda one: one[1].top):
        starts[source.name, target.name] = source.top + source.out
        source.out += float(edge["paths"]) * scale
    for source, target, edge in sorted(edges, key=lambda one: one[0].top):
        ends[source.name, target.name] = target.top + target.into
        target.into += float(edge["paths"]) * scale
    return [
        _link((source, target), (starts[source.name, target.name], ends[source.name, target.name]), edge | {"wide": scale}, locale)
        for source, target, edge in edges
    ]


def _link(boxes: tuple[Box, Box], down: tuple[float, float], edge: dict[Any, Any], locale: str) -> list[Row]:
    """The outline of one link, as points from its source to its target."""
    source, target = boxes
    told = {
        "source": source.name, "target": target.name, "outcome": "", "from": _item(source.item, locale), "to": _item(target.item, locale),
        "count": words.count(float(edge["paths"]), locale, "exact"), "share": _share(float(edge["paths"]), source.came, locale),
        "mean": words.duration(float(edge["mean_time"]) / 1000, locale) if pd.notna(edge["mean_time"]) else words.MISSING,
    }  # fmt: skip
    across = (source.step + WIDTH, float(target.step))
    return [told | point for point in _curve(across, down, float(edge["paths"]) * edge["wide"])]


def _curve(across: tuple[float, float], down: tuple[float, float], wide: float) -> list[Row]:
    """A smooth step from one height to another."""
    points = []
    for i in range(SAMPLES):
        t = i / (SAMPLES - 1)
        y = down[0] + (down[1] - down[0]) * t * t * (3 - 2 * t)
        points.append({"x": across[0] + (across[1] - across[0]) * t, "y": y, "y2": y + wide})
    return points


def _end(box: Box, scale: float, locale: str) -> Row:
    top = box.top + box.height - box.ended * scale
    item = ENDED_AT.format(item=_item(box.item, locale))[locale]
    return {
        "x": box.step + WIDTH, "x2": box.step + STUB, "y": top, "y2": box.top + box.height, "source": box.name, "target": "",
        "outcome": "dropped", "from": item, "count": words.count(box.ended, locale, "exact"), "share": _share(box.ended, box.came, locale),
    }  # fmt: skip


def _share(part: float, whole: float, locale: str) -> str:
    return words.percent(part / whole, locale) if whole else words.MISSING


def _item(item: str, locale: str) -> str:
    return item or words.UNKNOWN[locale]


def _node(box: Box, total: float, locale: str) -> Row:
    came = words.count(box.came, locale, "exact")
    return {
        "x": box.step, "x2": box.step + WIDTH, "y": box.top, "y2": box.top + box.height, "middle": box.top + box.height / 2,
        "source": box.name, "target": "", "outcome": "", "from": _item(box.item, locale), "step": str(box.step), "count": came,
        "share": _share(box.came, total, locale), "ended": words.count(box.ended, locale, "exact"), "high": box.height,
        "said": [_item(box.item, locale), came] if box.height >= TWO_LINES else [_item(box.item, locale)],
    }  # fmt: skip


def _areas(links: list[list[Row]], place: dict[str, Any], palette: Palette, locale: str) -> spec.Spec:
    """TRICKY: an area answers a click with its first point, so every point carries what the link is."""
    rows = [row | {"link": i} for i, link in enumerate(links) for row in link]
    hover = {"name": "hover", "select": {"type": "point", "fields": ["link"], "on": "pointerover", "clear": "pointerout"}}
    tip = [("from", FROM), ("to", TO), ("count", SESSIONS), ("share", SHARE), ("mean", MEAN)]
    encoding = place | {
        "y2": {"field": "y2"},
        "detail": [{"field": name, "type": "nominal"} for name in ("link", "source", "target", "outcome")],
        "fillOpacity": spec.when("hover", 0.7, 0.35),
        "tooltip": spec.tooltip([(name, text[locale]) for name, text in tip]),
    }
    layer = spec.layer(rows, "area", {"color": palette.accent, "cursor": "pointer", "interpolate": "monotone"}, encoding)
    layer["params"] = [hover, spec.pick("source", "target", "outcome")]
    return layer


def _stubs(ends: list[Row], place: dict[str, Any], palette: Palette, locale: str) -> spec.Spec:
    """Who goes no further, fading out."""
    tip = spec.tooltip([("from", ENDED[locale]), ("count", SESSIONS[locale]), ("share", SHARE[locale])])
    fade = {"gradient": "linear", "x1": 0, "x2": 1, "y1": 0, "y2": 0}
    stops = [{"offset": 0, "color": palette.previous}, {"offset": 1, "color": "transparent"}]
    style = {"color": fade | {"stops": stops}, "opacity": 0.6, "cursor": "pointer", "cornerRadius": 0}
    return spec.layer(ends, "rect", style, place | {"x2": {"field": "x2"}, "y2": {"field": "y2"}, "tooltip": tip})


def _drawn(nodes: list[Row], place: dict[str, Any], how: tuple[Palette, int, str]) -> list[spec.Spec]:
    """The bars of the nodes and what they are called."""
    palette, steps, locale = how
    tip = [("step", STEP), ("from", ITEM), ("count", SESSIONS), ("share", SHARE), ("ended", ENDED)]
    told = {"tooltip": spec.tooltip([(name, text[locale]) for name, text in tip])}
    style = {"color": palette.accent, "cursor": "pointer", "cornerRadius": 1}
    bars = spec.layer(nodes, "rect", style, place | told | {"x2": {"field": "x2"}, "y2": {"field": "y2"}})
    room = {"expr": f"max(width / {steps} - 16, 24)"}
    words_: dict[str, Any] = {
        "align": "left",
        "baseline": "middle",
        "dx": 7,
        "limit": room,
        "fontSize": {"expr": "width < 460 ? 9 : 12"},
        "cursor": "pointer",
    }
    named = [row for row in nodes if row["high"] >= LEAST_LABEL]
    halo = {"stroke": palette.card, "strokeWidth": 3, "strokeJoin": "round", "opacity": 0.75} | words_
    text = place | {"x": place["x"] | {"field": "x2"}, "y": place["y"] | {"field": "middle"}, "text": {"field": "said"}}
    return [bars, spec.layer(named, "text", halo, text | told), spec.layer(named, "text", words_, text | told)]
