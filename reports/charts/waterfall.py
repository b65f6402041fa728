"""From the opening balance to the closing one, movement by movement."""

from __future__ import annotations

from accounts.language import Text
from analytics.result import Result
from reports import words
from reports.charts import spec
from reports.charts.palette import Palette
from reports.charts.traces import Row
from reports.charts.view import Chart, measure_of
from reports.report import Panel

OPENING, CLOSING = Text("Opening", "Ouverture"), Text("Closing", "Clôture")
MOVEMENT, AMOUNT = Text("Movement", "Mouvement"), Text("Amount", "Montant")


def waterfall(result: Result, panel: Panel, palette: Palette, locale: str) -> Chart:
    """The query's first metric is the balance, the others its movements. `options`: `down` names the losses, `short`
    a short label for each movement. Opening = closing − the sum of the movements (the identity of the MRR)."""
    rows = _steps(result, panel, locale)
    low, high = _span(rows)
    x = {
        "field": "label",
        "type": "ordinal",
        "sort": [row["label"] for row in rows],
        "axis": {"labelAngle": 0, "labelPadding": 6, "labelFontSize": 11},
        "scale": {"paddingInner": 0.22, "paddingOuter": 0.1},
    }
    scale = {"domain": [low, high], "nice": False, "zero": False}
    top = {"field": "high", "type": "quantitative", "scale": scale, "axis": None}
    tones = {"domain": ["end", "good", "bad"], "range": [palette.accent, palette.good, palette.bad]}
    colour = {"field": "tone", "type": "nominal", "legend": None, "scale": tones}
    tip = spec.tooltip([("label", MOVEMENT[locale]), ("exact", AMOUNT[locale])])
    boxes = spec.layer(
        [row | {"low": max(row["low"], low)} for row in rows],
        "bar",
        {"cursor": "pointer"},
        {"x": x, "y": top | {"field": "low"}, "y2": {"field": "high"}, "color": colour, "tooltip": tip},
    )
    boxes["params"] = [spec.pick("slice")]
    words_above = spec.layer([r for r in rows if r["tone"] != "bad"], "text", {"dy": -9}, {"x": x, "y": top, "text": {"field": "said"}})
    under = {"x": x, "y": top | {"field": "low"}, "text": {"field": "said"}}
    words_below = spec.layer([r for r in rows if r["tone"] == "bad"], "text", {"dy": 11}, under)
    return spec.chart([boxes, words_above, words_below], palette, panel.height)


def _steps(result: Result, panel: Panel, locale: str) -> list[Row]:
    """One row per box: label, low, high, tone, slice and the words on it."""
    balance, *moves = result.metrics
    down, short = set(panel.options.get("down", ())), panel.options.get("short", {})
    measure = measure_of(result, balance, locale)
    amounts = [(m, (-1 if m.name in down else 1) * abs(result.value(m.name) or 0.0)) for m in moves]
    closing = result.value(balance.name) or 0.0
    level = closing - sum(amount for _, amount in amounts)
    rows = [_box(OPENING[locale], (0.0, level), "end", measure.short(level)) | {"exact": measure.exact(level), "slice": balance.name}]
    for metric, amount in amounts:
        label = short.get(metric.name, metric.label)[locale]
        tone = "bad" if amount < 0 else "good"
        box = _box(label, (level, level + amount), tone, words.signed(measure.rough(amount)))
        rows.append(box | {"exact": words.signed(measure.exact(amount)), "slice": metric.name})
        level += amount
    last = _box(CLOSING[locale], (0.0, closing), "end", measure.short(closing))
    return [*rows, last | {"exact": measure.exact(closing), "slice": balance.name}]


def _box(label: str, span: tuple[float, float], tone: str, said: str) -> Row:
    return {"label": label, "low": min(span), "high": max(span), "tone": tone, "said": said}


def _span(rows: list[Row]) -> tuple[float, float]:
    """Cut the foot of the two balances when the movements are small beside them."""
    moving = [level for row in rows if row["tone"] != "end" for level in (row["low"], row["high"])]
    reach = moving + [row["high"] for row in rows if row["tone"] == "end"]
    low, high = min(reach), max(reach)
    room = (high - low) or abs(high) or 1.0
    floor = min(low - 1.2 * room if low - 2.2 * room > 0 else 0.0, low)
    return floor, high + 0.12 * ((high - floor) or 1.0)
