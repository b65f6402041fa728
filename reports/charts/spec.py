"""Chart specifications in Vega-Lite, the grammar behind Altair, as plain dictionaries.

Altair itself checks and copies every part of a chart against its schema: about 50 ms for each chart on each run, more
than the query behind it. The tests run every view through Altair's checks instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from reports.charts.palette import Palette, config
from reports.charts.view import PICK, Chart

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
Spec = dict[str, Any]


def chart(layers: Sequence[Spec], palette: Palette, height: int) -> Chart:
    """Layers drawn over each other, `height` pixels high and as wide as there is room."""
    return Chart(
        {
            "$schema": SCHEMA,
            "config": config(palette),
            "width": "container",
            "height": height,
            "autosize": {"type": "fit", "contains": "padding"},
            "layer": list(layers),
        }
    )


def layer(rows: Iterable[Mapping[str, Any]], mark: str, style: Mapping[str, Any], encoding: Mapping[str, Any]) -> Spec:
    """One layer; values that nothing can be said of become null, which Vega leaves out."""
    values = [{name: clean(value) for name, value in row.items()} for row in rows]
    return {"data": {"values": values}, "mark": {"type": mark, "tooltip": None, **style}, "encoding": dict(encoding)}


def clean(value: Any) -> Any:
    """A value as JSON holds it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value


def tooltip(pairs: Iterable[tuple[str, str]]) -> list[Spec]:
    """(field, title) pairs whose values are already in words."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in pairs]


def pick(*fields: str) -> Spec:
    """The selection that a click makes; it gives back these fields of the mark."""
    return {"name": PICK, "select": {"type": "point", "fields": list(fields), "on": "click", "toggle": False}}


def condition(test: str, then: Any, otherwise: Any) -> Spec:
    return {"condition": {"test": test, "value": then}, "value": otherwise}


def legend(**style: Any) -> Spec:
    """A legend in one row, or in two columns where there is little room."""
    return {"columns": {"expr": "width < 460 ? 2 : 0"}, **style}


def when(param: str, then: Any, otherwise: Any) -> Spec:
    """`then` on what is selected, `otherwise` everywhere else, also while nothing is."""
    return {"condition": {"param": param, "empty": False, "value": then}, "value": otherwise}


def hatch(colour: str, stripes: int = 16, slant: float = 0.18) -> Spec:
    """Slanted stripes of `colour` with nothing between them, as wide as what they fill: a mark that is not complete yet.

    A gradient, because a pattern would be an element of the picture that no specification can add.
    """
    stops = []
    for i in range(stripes):
        first, half, last = i / stripes, (i + 0.45) / stripes, (i + 1) / stripes
        stops += [(first, colour), (half, colour), (half, "transparent"), (last, "transparent")]
    return {
        "gradient": "linear", "x1": 0, "y1": 0, "x2": slant, "y2": 1,
        "stops": [{"offset": round(offset, 4), "color": shade} for offset, shade in stops],
    }  # fmt: skip


def starts_of(frame: pd.DataFrame) -> list[pd.Timestamp]:
    """The buckets of a frame, each once, in order."""
    return sorted(set(frame["bucket"]))
