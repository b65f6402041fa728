"""Tables: every row and column of a Result in words, with the raw values behind them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from accounts.language import Text
from analytics.dimensions import DIMENSIONS
from analytics.dimensions import PROPERTY as PROPERTY_PREFIX
from analytics.metric import Unit
from analytics.result import Column, Result
from analytics.segment_names import SEGMENT, SEGMENTS
from analytics.where import PERSON
from reports import dates, words
from reports.charts.palette import Palette
from reports.charts.traces import grain_of
from reports.charts.view import Sheet, SheetColumn, worded
from reports.report import Panel

WORDED = (PROPERTY_PREFIX, SEGMENT, SEGMENTS, PERSON)
BEFORE = Text("{label}, before", "{label}, avant")
MAX_ROWS = 500


def sheet(result: Result, panel: Panel, palette: Palette, locale: str) -> Sheet:
    """`options`: `columns` (names to keep, in order), `bars` (names drawn with a share bar), `hidden`, `top`."""
    kept: tuple[str, ...] = panel.options.get("columns", ())
    columns = [c for name in kept for c in result.columns if c.name == name] if kept else list(result.columns)
    frame = result.frame.head(int(panel.options.get("top", MAX_ROWS)))
    bars = set(panel.options.get("bars", ()))
    hidden = set(panel.options.get("hidden", ()))
    heads = tuple(SheetColumn(c.name, heading(c, locale), _numeric(c), c.name in bars, c.name in hidden) for c in columns)
    cells = [[cell(result, c, v, locale) for v in frame[c.name]] for c in columns]
    raw = [list(frame[c.name]) for c in columns]
    return Sheet(heads, tuple(zip(*cells, strict=True)), tuple(zip(*raw, strict=True)))


def heading(column: Column, locale: str) -> str:
    return (BEFORE.format(label=column.label) if column.role == "previous" else column.label)[locale]


def _numeric(column: Column) -> bool:
    return column.unit in (Unit.COUNT, Unit.NUMBER, Unit.RATIO, Unit.MONEY, Unit.SECONDS, Unit.MILLISECONDS) and column.role != "dimension"


def cell(result: Result, column: Column, raw: Any, locale: str) -> str:
    """One value of the frame in words, by its column's role and unit."""
    if raw is None or raw is pd.NaT or words.missing(raw):
        return words.UNKNOWN[locale] if column.role == "dimension" else words.MISSING
    if column.unit is Unit.TIME or column.role == "time":
        return dates.bucket(pd.Timestamp(raw).to_pydatetime(), grain_of(result), locale)
    if column.unit is Unit.INSTANT:
        return f"{pd.Timestamp(raw):%Y-%m-%d %H:%M} UTC"
    if column.role == "dimension" and (column.name in DIMENSIONS or column.name.startswith(WORDED)):
        return words.slice_name(worded(column.name), raw, locale)
    if _numeric(column):
        return words.value(float(raw), column.unit, locale, result.currency, "exact")
    return str(raw)
