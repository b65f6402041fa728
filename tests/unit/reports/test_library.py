"""Every built-in report is complete, and a click leads to a question that can be asked."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.filters import Filter
from analytics.kinds import KINDS
from analytics.metrics import METRICS
from analytics.period import Period, Resolved
from analytics.query import Scope
from reports import grains
from reports.charts import VIEWS
from reports.drill import behind, bucket_period
from reports.library import REPORTS
from reports.library.movements import COLOURS, GAINS, LOSSES, SHORT
from reports.library.overview import ACTIVE
from reports.library.revenue import MOVES, TOP_MOVES
from reports.report import Panel

PANELS = [pytest.param(panel, id=f"{r.name}-{panel.name}") for r in REPORTS.values() for panel in r.panels]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_complete(panel: Panel):
    assert panel.view in VIEWS
    assert panel.title.en
    assert panel.title.fr
    questions = [panel.query, *panel.beside, *filter(None, (panel.drill, panel.trend))]
    assert all(q.kind in KINDS for q in questions)
    assert {name for q in questions for name in getattr(q, "metrics", ())} <= set(METRICS)


@pytest.mark.parametrize("panel", PANELS)
def test_a_clickable_panel_has_a_view_that_clicks(panel: Panel):
    assert panel.drill is None or VIEWS[panel.view].clicks


def test_panel_names_are_unique_within_a_page():
    for report in REPORTS.values():
        names = [panel.name for panel in report.panels]
        assert len(set(names)) == len(names)


def test_every_movement_has_a_colour_and_a_short_name():
    assert set(COLOURS) == set(SHORT) == {*GAINS, *LOSSES}


def test_a_click_on_a_month_asks_for_its_movements():
    query = behind(MOVES, {"key": "2026-02-01", "slice": "churned_mrr"}, Scope(filters=(Filter("is", "country", ("FR",)),)))
    assert query is not None
    assert query.period == Period("2026-02-01~2026-02-28")
    assert query.movements == ("churn",)
    assert query.filters == (Filter("is", "country", ("FR",)),)


def test_a_click_on_a_row_asks_for_the_customer():
    query = behind(TOP_MOVES, {"customer": "a12", "movement": "new"}, Scope(period=Period("30d")))
    assert query is not None
    assert query.filters == (Filter("is", "customer", ("a12",)),)


def test_a_click_on_a_day_narrows_the_period():
    query = behind(ACTIVE, {"key": "2026-11-03"}, Scope(grain="week"))
    assert query is not None
    assert query.period == Period("2026-11-03~2026-11-09")


@pytest.mark.parametrize(
    ("key", "grain", "text"),
    [
        ("2026-11-03T14", "hour", "2026-11-03~2026-11-03"),
        ("2026-10-01", "quarter", "2026-10-01~2026-12-31"),
        ("2024-01-01", "year", "2024-01-01~2024-12-31"),
    ],
)
def test_a_bucket_is_all_its_days(key, grain, text):
    assert bucket_period(key, grain) == Period(text)


def span(days: int) -> Resolved:
    first = date(2020, 1, 1)
    from datetime import datetime, timedelta

    start, end = datetime(2020, 1, 1), datetime(2020, 1, 1) + timedelta(days=days)
    return Resolved(first, first + timedelta(days=days), start, end, end)


@pytest.mark.parametrize(
    ("days", "grain"), [(1, "hour"), (30, "day"), (84, "day"), (200, "week"), (800, "month"), (4000, "quarter"), (20000, "year")]
)
def test_the_default_grain_fits_the_period(days, grain):
    assert grains.fitting(span(days)) == grain
    assert days / {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}[grain] < 100


def test_no_grain_gives_more_buckets_than_a_chart_may_draw():
    for days in (1, 14, 400, 1000, 7000):
        for grain in grains.allowed(span(days)):
            assert days / {"hour": 1 / 24, "day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}[grain] <= 500
