"""Whole paths as a table: the items one after the other, how often, how long, how many reached the goal."""

from __future__ import annotations

import orjson

from analytics.metric import Metric, Unit
from analytics.result import Result
from reports import words
from reports.charts.axes import Measure
from reports.charts.palette import Palette
from reports.charts.sheet import heading
from reports.charts.view import Sheet, SheetColumn, measure_of
from reports.report import Panel

ARROW = " → "
MOST = 20


def path_table(result: Result, panel: Panel, palette: Palette, locale: str) -> Sheet:
    """A chosen row gives back `path` (its items as JSON)."""
    frame = result.frame.head(int(panel.options.get("top", MOST)))
    measures = [measure_of(result, metric, locale) for metric in result.metrics]
    columns = (
        SheetColumn("said", heading(result.columns[0], locale), numeric=False),
        *(SheetColumn(m.name, m.label[locale], numeric=True, bar=m.name == "paths") for m in result.metrics),
        SheetColumn("path", "", numeric=False, hidden=True),
    )
    cells, raw = [], []
    for row in frame.to_dict("records"):
        values = [float(row[m.name]) for m in result.metrics]
        spoken = [_said(m, v, measure, locale) for m, v, measure in zip(result.metrics, values, measures, strict=True)]
        said = ARROW.join(str(item) or words.UNKNOWN[locale] for item in orjson.loads(row["path"]))
        cells.append((said, *spoken, str(row["path"])))
        raw.append((said, *values, str(row["path"])))
    return Sheet(columns, tuple(cells), tuple(raw))


def _said(metric: Metric, value: float, measure: Measure, locale: str) -> str:
    """Times of minutes as 3 min 28 s."""
    return words.duration(value / 1000, locale) if metric.unit is Unit.MILLISECONDS and value >= 1000 else measure.exact(value)
