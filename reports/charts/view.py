"""What a view is, and what it may give back: a chart, tiles, a sheet, or sentences. No Streamlit: paper reads the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from accounts.language import Text
from analytics.dimensions import DIMENSIONS, dimension
from analytics.metric import Dimension, Metric
from analytics.result import Result
from analytics.where import PERSON, event_dimension
from reports.charts.axes import Measure
from reports.charts.palette import Palette
from reports.report import Panel

Tone = Literal["good", "bad", "flat"]
PICK = "pick"  # the name of every chart's click selection
MAX_POINTS = 500


@dataclass(frozen=True)
class Tile:
    """One headline number, already in words. `spark` is drawn from its lowest to its highest value."""

    metric: str
    label: str
    value: str
    change: str
    tone: Tone
    arrow: Literal["up", "down", "none"]
    versus: str
    hint: str
    spark: tuple[float, ...] = ()
    target: str = ""
    target_share: float | None = None


@dataclass(frozen=True)
class Tiles:
    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class SheetColumn:
    name: str
    label: str
    numeric: bool
    bar: bool = False  # draw a bar as long as the value's share of the largest
    hidden: bool = False  # carried for clicks, not shown


@dataclass(frozen=True)
class Sheet:
    """A table: worded cells, the raw values behind them (for sorting and clicks), and its columns."""

    columns: tuple[SheetColumn, ...]
    cells: tuple[tuple[str, ...], ...]
    raw: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Sentence:
    """`subject` is set in bold; `rest` follows it. `metric`, and where it speaks of one slice the dimension and the raw value,
    say what to open when it is clicked; "" for a sentence about nothing."""

    subject: str
    rest: str
    tone: Tone
    arrow: Literal["up", "down", "none"] = "none"
    metric: str = ""
    by: str = ""
    slice: str = ""


@dataclass(frozen=True)
class Sentences:
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Chart:
    """A Vega-Lite specification, data included: the browser draws it, and so does paper."""

    spec: dict[str, Any]


Drawing = Chart | Tiles | Sheet | Sentences
Draw = Callable[[Result, Panel, Palette, str], Drawing]


@dataclass(frozen=True)
class View:
    """A way to show a Result. `clicks` are the fields a click gives back: a bucket, a slice of a dimension."""

    label: Text
    draw: Draw
    clicks: tuple[Literal["bucket", "slice", "series"], ...] = ()


def worded(name: str) -> Dimension:
    """The dimension that says the values of a column: a person's country is worded as any country."""
    bare = name.removeprefix(PERSON)
    if bare in DIMENSIONS:
        return DIMENSIONS[bare]
    return event_dimension(name) if name.startswith(PERSON) else dimension(name)


def measure_of(result: Result, metric: Metric, locale: str) -> Measure:
    return Measure(metric.unit, locale, result.currency)


def tone_of(metric: Metric, change: float | None) -> Tone:
    """Whether a change is good news for this metric."""
    if change is None or change == 0 or metric.better == "neutral":
        return "flat"
    return "good" if (change > 0) == (metric.better == "up") else "bad"
