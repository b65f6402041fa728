"""Axes whose ticks and labels are worked out here, so that they say numbers and dates exactly as every other place does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import orjson
import pandas as pd

from analytics.metric import Unit
from reports import dates, words

NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
FLAT = 0.35  # a series that moves by less than this share of its height is not drawn from zero


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


def span(values: Iterable[float], zero: bool | None = None) -> tuple[float, float]:
    """Bounds to draw: from zero, unless the series hardly moves (`zero=None` decides by itself)."""
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    flat = low > 0 and high - low < FLAT * high and high > low
    if zero or (zero is None and not flat):
        return min(low, 0.0), max(high, 0.0) or 1.0
    return low, high


def labels(pairs: Sequence[tuple[float | str, str]]) -> str:
    """A Vega expression that words each tick; the keys are numbers as JavaScript writes them, or category names."""
    table = {_key(key): text for key, text in pairs}
    return f"{orjson.dumps(table).decode()}[datum.value]"


def _key(value: float | str) -> str:
    return value if isinstance(value, str) else str(np.format_float_positional(value, trim="-"))


def value_axis(low: float, high: float, measure: Measure, wanted: int = 5) -> tuple[alt.Axis, alt.Scale]:
    """A quantitative axis over [low, high] with worded ticks, and its scale."""
    marks = ticks(low, high, wanted)
    axis = alt.Axis(values=marks, labelExpr=labels([(m, measure.tick(m)) for m in marks]), labelPadding=8, format="")
    return axis, alt.Scale(domain=[marks[0], marks[-1]], nice=False, zero=False)


def bucket_keys(starts: pd.Series[Any]) -> list[str]:
    """Bucket starts as text: 2026-11-01, or 2026-11-01T14 for hours. The same keys come back from a click."""
    hourly = any(t.hour for t in starts)
    return [t.strftime("%Y-%m-%dT%H" if hourly else "%Y-%m-%d") for t in starts]


def time_axis(starts: Sequence[pd.Timestamp], grain: str, locale: str, wanted: int = 8) -> alt.Axis:
    """An ordinal axis over bucket keys that labels about `wanted` of them, evenly."""
    keys = bucket_keys(pd.Series(list(starts)))
    every = max(1, math.ceil(len(keys) / wanted))
    shown = range((len(keys) - 1) % every // 2, len(keys), every)
    pairs: list[tuple[float | str, str]] = [(keys[i], dates.tick(starts[i], grain, locale)) for i in shown]
    return alt.Axis(values=[k for k, _ in pairs], labelExpr=labels(pairs), labelAngle=0, labelOverlap="greedy", labelFlush=False)
