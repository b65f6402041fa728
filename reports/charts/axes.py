"""Axes whose ticks and labels are worked out here, so that they say numbers and dates exactly as every other place does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pandas as pd

from analytics.metric import Unit
from reports import dates, words

NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
FLAT = 0.35  # a series that moves by less than this share of its height is not drawn from zero
TICKS = 8  # labels on a time axis of more than 12 buckets of more than 12 buckets
Pairs = Sequence[tuple[float | str, str]]


@dataclass(frozen=True)
class Measure:
    """How the values of an axis are worded."""

    unit: Unit
    locale: str
    currency: str = "EUR"

    def short(self, value: float | None) -> str:
        return words.value(value, self.unit, self.locale, self.currency)

    def exact(self, value: float | None) -> str:
        return words.value(value, self.unit, self.locale, self.currency, "exact")

    def rough(self, value: float) -> str:
        """Beside larger amounts cents say nothing: €752."""
        if self.unit is not Unit.MONEY:
            return self.short(value)
        unit = 10 ** words.currency_places(self.currency)
        return _bare(self.short(round(value / unit) * unit), self.locale) if abs(value) < 1_000 * unit else self.short(value)

    def tick(self, value: float) -> str:
        """On an axis no decimals but those that are needed: €480k, 20%."""
        if self.unit is Unit.RATIO:
            return words.percent(value, self.locale, 0 if round(value * 100, 6).is_integer() else 1)
        return _bare(self.short(value), self.locale)


def _bare(text: str, locale: str) -> str:
    """€480.0k as €480k: a zero after the mark says nothing on an axis."""
    mark = "," if words.french(locale) else "."
    head, found, tail = text.partition(mark)
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return head + tail[len(digits) :] if found and set(digits) == {"0"} else text


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round values from at or below `low` to at or above `high`, about `wanted` of them."""
    if not math.isfinite(low) or not math.isfinite(high):
        return [0.0, 1.0]
    if high <= low:
        high = low + (abs(low) or 1.0)
    rough = (high - low) / max(wanted - 1, 1)
    size = 10 ** math.floor(math.log10(rough))
    step = next(n * size for n in NICE if n * size >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(np.round(i * step, 12)) for i in range(first, last + 1)]


def span(values: Iterable[float | None], zero: bool | None = None) -> tuple[float, float]:
    """Bounds to draw: from zero, unless the series hardly moves (`zero=None` decides by itself)."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    flat = low > 0 and high - low < FLAT * high and high > low
    if zero or (zero is None and not flat):
        return min(low, 0.0), max(high, 0.0) or 1.0
    return low, high


def labels(pairs: Pairs) -> str:
    """A Vega expression that words each tick; the keys are numbers as JavaScript writes them, or category names."""
    return f"{orjson.dumps({_key(key): text for key, text in pairs}).decode()}[datum.value]"


def _key(key: float | str) -> str:
    return key if isinstance(key, str) else str(np.format_float_positional(key, trim="-"))


def value_axis(low: float, high: float, measure: Measure, height: int) -> dict[str, Any]:
    """The axis and scale of a quantitative channel over [low, high], with worded ticks about 60 pixels apart."""
    marks = ticks(low, high, max(3, height // 60))
    axis = {"values": marks, "labelExpr": labels([(m, measure.tick(m)) for m in marks]), "format": ""}
    return {"axis": axis, "scale": {"domain": [marks[0], marks[-1]], "nice": False, "zero": False}}


def bucket_keys(starts: Iterable[pd.Timestamp]) -> list[str]:
    """Bucket starts as text: 2026-11-01, or 2026-11-01T14 for hours. The same keys come back from a click."""
    known = list(starts)
    hourly = any(t.hour for t in known)
    return [t.strftime("%Y-%m-%dT%H" if hourly else "%Y-%m-%d") for t in known]


def shown_ticks(count: int) -> range:
    """Positions of the buckets that get a label: at most about TICKS, evenly, inset from the edge."""
    every = 1 if count <= 12 else math.ceil(count / TICKS)
    return range(every // 2, count, every)


def time_axis(starts: Sequence[pd.Timestamp], keys: Sequence[float | str], grain: str, locale: str) -> dict[str, Any]:
    """An axis over buckets, each known to the scale by its key; some are labelled."""
    pairs = [(keys[i], dates.tick(starts[i], grain, locale)) for i in shown_ticks(len(starts))]
    return {
        "values": [key for key, _ in pairs],
        "labelExpr": labels(pairs),
        "labelAngle": 0,
        "labelOverlap": "greedy",
        "labelSeparation": 10,
        "labelFlush": True,
        "grid": False,
    }
