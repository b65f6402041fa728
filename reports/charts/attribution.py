"""Attribution: for each channel five bars side by side, one per model; or the same as a table."""

from __future__ import annotations

from typing import Any

import orjson

from accounts.language import Text
from analytics.dimensions import dimension
from analytics.kinds.attribution_columns import LABELS
from analytics.kinds.attribution_models import MODELS
from analytics.metric import Metric
from analytics.result import Column, Result
from reports import words
from reports.charts import axes, spec
from reports.charts.palette import Palette
from reports.charts.sheet import heading
from reports.charts.traces import WHAT, Row
from reports.charts.view import Chart, Sheet, SheetColumn, measure_of
from reports.report import Panel

NO_TOUCHPOINT = Text("No touchpoint", "Aucun contact")
OTHERS = Text("Others", "Autres")
MODEL = Text("Model", "Modèle")
CREDIT = Text("Credit", "Crédit")
BAR, GAP = 11, 14  # pixels of a bar and between two groups


def named(result: Result, row: dict[Any, Any], locale: str) -> str:
    """The slice in words: `Paid search · brand`."""
    if row["touch"] == "none":
        return NO_TOUCHPOINT[locale]
    if row["touch"] == "other":
        return OTHERS[locale]
    return " · ".join(words.slice_name(dimension(name), row[name], locale) for name in result.query.by)  # type: ignore[attr-defined]


def clicked(result: Result, row: dict[Any, Any]) -> dict[str, str]:
    """What a click gives back: the row's cell, as `People` names it."""
    if row["touch"] == "none":
        return {"slice": "", "touch": "none"}
    return {"slice": orjson.dumps([row[name] for name in result.query.by]).decode(), "touch": row["touch"]}  # type: ignore[attr-defined]


def attribution(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """`options`: `money` (the money instead of conversions), `top` (slices shown, default 8)."""
    money = bool(panel.options.get("money"))
    metrics = [next(m for m in result.metrics if m.name == (f"{model}_money" if money else model)) for model in MODELS]
    kept = result.frame.head(int(panel.options.get("top", 8))).to_dict("records")
    kept += [row for row in result.frame.to_dict("records")[len(kept) :] if row["touch"] != "touched"]
    rows = [
        _bar(result, row, (place, metric, model), locale)
        for place, row in enumerate(kept)
        for model, metric in zip(MODELS, metrics, strict=True)
    ]
    names = axes.labels([(float(place), named(result, row, locale)) for place, row in enumerate(kept)])
    longest = max((row["value"] for row in rows), default=1.0) or 1.0
    legend = [LABELS[model][locale] for model in MODELS]
    encoding: dict[str, Any] = {
        "x": {"field": "value", "type": "quantitative", **axes.value_axis(0, longest, measure_of(result, metrics[0], locale), 300)},
        "y": {
            "field": "place",
            "type": "ordinal",
            "axis": {"labelExpr": names, "grid": False, "labelLimit": 170},
            "scale": {"paddingInner": GAP / (5 * BAR + GAP), "paddingOuter": 0.1},
        },
        "yOffset": {"field": "model", "type": "ordinal", "sort": legend, "scale": {"paddingInner": 0.12}},
        "color": {
            "field": "model",
            "type": "nominal",
            "scale": {"domain": legend, "range": list(palette.series[: len(legend)])},
            "legend": {**spec.legend(symbolType="square"), "columns": {"expr": "width < 340 ? 1 : width < 460 ? 2 : 0"}},
        },
        "tooltip": spec.tooltip([("name", WHAT[locale]), ("model", MODEL[locale]), ("said", CREDIT[locale])]),
    }
    layer = spec.layer(rows, "bar", {"cursor": "pointer", "cornerRadius": 1.5}, encoding)
    layer["params"] = [spec.pick("slice", "touch")]
    return spec.chart([layer], palette, max(len(kept) * (5 * BAR + GAP), 120))


def _bar(result: Result, row: dict[Any, Any], which: tuple[int, Metric, str], locale: str) -> Row:
    place, metric, model = which
    value = float(row[metric.name])
    said = measure_of(result, metric, locale).exact(value)
    return {
        "place": place, "name": named(result, row, locale), "model": LABELS[model][locale], "value": value, "said": said,
    } | clicked(result, row)  # fmt: skip


DEFAULT = (*MODELS, "assisted", "cost", "linear_cac", "linear_roas")


def attribution_table(result: Result, panel: Panel, palette: Palette, locale: str) -> Sheet:
    """The same in rows. `options`: `columns` (metrics, in order); bars under the first model."""
    by = [c for c in result.columns if c.role == "dimension" and c.name != "touch"]
    wanted: tuple[str, ...] = panel.options.get("columns", DEFAULT)
    metrics = [c for name in wanted for c in result.columns if c.name == name]
    records = result.frame.to_dict("records")
    heads = (SheetColumn("name", " · ".join(c.label[locale] for c in by), False), *(_head(c, wanted, locale) for c in metrics))
    hidden = (SheetColumn("slice", "", False, hidden=True), SheetColumn("touch", "", False, hidden=True))
    cells, raw = [], []
    for row in records:
        cell, back = named(result, row, locale), clicked(result, row)
        cells.append((cell, *(_worded(result, c, row, locale) for c in metrics), back["slice"], back["touch"]))
        raw.append((cell, *(row[c.name] for c in metrics), back["slice"], back["touch"]))
    return Sheet((*heads, *hidden), tuple(cells), tuple(raw))


def _head(column: Column, wanted: tuple[str, ...], locale: str) -> SheetColumn:
    return SheetColumn(column.name, heading(column, locale), True, column.name == wanted[0])


def _worded(result: Result, column: Column, row: dict[Any, Any], locale: str) -> str:
    value = float(row[column.name])
    if words.missing(value):
        return words.MISSING
    if column.name in MODELS:
        return words.decimal(value, 1, locale)
    return words.value(value, column.unit, locale, result.currency, "exact")
