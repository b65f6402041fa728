"""Explore: any numbers or events, cut any way, in any chart that fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from accounts.language import Text
from analytics.kinds.aggregate import Aggregate
from analytics.kinds.people import People
from analytics.kinds.trends import Series, Trends, metrics_of
from analytics.metric import Metric, Unit
from analytics.metrics import METRICS
from analytics.query import Query
from analytics.sources.events import PAGE_VIEW
from reports.report import Panel, Report

TITLE = Text("Explore", "Explorer")
ABOUT = Text("Any number or event, cut any way.", "N’importe quel nombre ou événement, découpé à volonté.")
CHARTS = {
    "lines": Text("Lines", "Courbes"),
    "bars": Text("Bars", "Barres"),
    "ranked": Text("Ranked", "Classement"),
    "donut": Text("Donut", "Anneau"),
    "heatmap": Text("Heat map", "Carte de chaleur"),
    "scatter": Text("Scatter", "Nuage"),
    "tiles": Text("Number", "Nombre"),
    "table": Text("Table", "Tableau"),
}
VIEWS = tuple(CHARTS)
TIMED = ("lines", "bars", "heatmap")
CUTS = ("plan", "country", "channel", "kind", "device", "event", "page", "provider")
MOST_CHARTS = 6
CLICK = Text("Click for what lies behind", "Cliquez pour voir ce qu’il y a derrière")

Exploration = Aggregate | Trends


def first_exploration(known: list[str]) -> Trends:
    """What is shown before anybody chose: the most frequent event, and how many do it."""
    event = PAGE_VIEW if PAGE_VIEW in known else next(iter(known), None)
    return Trends(series=(Series(event=event), Series(event=event, measure="users")))


def measured(query: Exploration) -> tuple[Metric, ...]:
    return metrics_of(query) if isinstance(query, Trends) else tuple(METRICS[name] for name in query.metrics if name in METRICS)


def dimensions_of(names: list[str]) -> frozenset[str]:
    """The dimensions that every one of these metrics can be cut by."""
    known = [_offered(METRICS[name]) for name in names if name in METRICS]
    return frozenset.intersection(*known) - {"properties", "user", "customer"} if known else frozenset()


def _offered(of: Metric) -> frozenset[str]:
    if of.source is not None:
        return of.source.dimensions
    return frozenset.intersection(*(_offered(METRICS[need]) for need in of.needs)) if of.needs else frozenset()


def fitting_charts(query: Exploration) -> tuple[str, ...]:
    """The charts that can show the question."""
    metrics = measured(query)
    adds_up = bool(metrics) and metrics[0].unit in (Unit.COUNT, Unit.MONEY) and metrics[0].when == "flow"
    cut = {"ranked", "heatmap"} | ({"donut"} if adds_up else set()) | ({"scatter"} if len(metrics) > 1 else set())
    fit = {"lines", "bars", "tiles", "table"} | (cut if query.by else set())
    return tuple(name for name in CHARTS if name in fit)


def explore_report(query: Query, view: str = "") -> Report:
    """The chosen chart, or lines where it does not fit; over it the numbers of the period, under it the table."""
    asked = cast("Exploration", query)
    chosen = view if view in fitting_charts(asked) else "lines"
    panels = [_numbers(asked)]
    if chosen not in ("tiles", "table"):
        panels += _charts(asked, chosen)
    return Report("explore", TITLE, ABOUT, (*panels, _table(asked, timed=chosen in TIMED)))


def _numbers(query: Exploration) -> Panel:
    asked = query.model_copy(update={"by": (), "grain": "day", "compare": "previous"})
    return Panel(
        "explore_numbers",
        Text("Over the period", "Sur la période"),
        asked,
        "tiles",
        options={"metrics": tuple(m.name for m in measured(query)[:MOST_CHARTS])},
        drill=_behind(asked),
    )


def _charts(query: Exploration, chart: str) -> list[Panel]:
    """One chart for all series where they share an axis, else one each."""
    metrics = measured(query)
    together = (
        chart == "scatter" or len(metrics) == 1 or (chart in ("lines", "bars") and not query.by and len({m.unit for m in metrics}) == 1)
    )
    if together:
        return [_chart(query, chart, None)]
    return [_chart(query, chart, metric) for metric in metrics[:MOST_CHARTS]]


def _chart(query: Exploration, chart: str, metric: Metric | None) -> Panel:
    by = query.by[:1] if chart in ("lines", "bars", "ranked") or (chart == "heatmap" and len(query.by) < 2) else query.by
    timed = chart in ("lines", "bars") or (chart == "heatmap" and len(query.by) < 2)
    alone = len(measured(query)) == 1 and not query.by
    changes = {"by": by, "grain": "day" if timed else None, "compare": "previous" if alone and timed else None}
    asked = query.model_copy(update=changes)
    labels = [metric.label] if metric else [one.label for one in measured(query)]
    title = Text(*(", ".join(label[code] for label in labels) for code in ("en", "fr")))
    options: dict[str, Any] = {"metric": metric.name} if metric else {}
    return Panel(
        f"explore_{chart}" + (f"_{metric.name}" if metric else ""),
        title,
        asked,
        chart,
        note=CLICK,
        width="half" if metric and len(measured(query)) > 1 and chart != "heatmap" else "full",
        height=300,
        options=options | {"top": 15},
        drill=_behind(asked),
    )


def _table(query: Exploration, *, timed: bool) -> Panel:
    asked = query.model_copy(update={"grain": None if query.by else "day"})
    panel = Panel(
        "explore_table",
        Text("In numbers", "En chiffres"),
        asked,
        "table",
        note=Text("Choose a row for what lies behind", "Choisissez une ligne pour voir ce qu’il y a derrière"),
        drill=_behind(asked),
    )
    return replace(panel, options={"top": 200, "drill_by": query.by if isinstance(query, Aggregate) else ()})


def _behind(query: Exploration) -> Query:
    """Of events the people; of other numbers what they are made of."""
    if isinstance(query, Trends):
        return People(of=query)
    cut = next((name for name in CUTS if name in dimensions_of(list(query.metrics)) - set(query.by)), None)
    return Aggregate(metrics=query.metrics, by=(cut,) if cut else (), limit=50, filters=query.filters)
