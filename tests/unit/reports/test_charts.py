"""Every view draws a valid specification, honestly: partial buckets apart, names literal, few points."""

from __future__ import annotations

import json
from dataclasses import replace

import altair as alt
import numpy as np
import pandas as pd
import pytest

from accounts.language import Text
from analytics.metric import Unit
from analytics.result import Column
from reports.charts import VIEWS, axes
from reports.charts.axes import Measure
from reports.charts.palette import DARK, LIGHT, SCREEN
from reports.charts.view import Chart
from tests.unit.reports import made

HOSTILE = "<img src=x onerror=alert(1)> $\\alpha$ **b** [a](http://x) \u202e'\""


def sliced(n: int = 10):
    result = made.over_time(made.USERS, n=n)
    weights = {"FR": 1.0, "US": 0.6, HOSTILE: 0.3, "": 0.1}
    frame = pd.concat([result.frame.assign(country=k, active_users=result.frame["active_users"] * w) for k, w in weights.items()])
    columns = (*result.columns, Column("country", Text("Country", "Pays"), Unit.TEXT, "dimension"))
    return replace(result, frame=frame.reset_index(drop=True), columns=columns)


def cohort_grid():
    rows = [(pd.Timestamp(2026, 2 + i, 1), o, 1000.0, 900.0, 1 - 0.04 * o - 0.01 * i, o < 7 - i) for i in range(8) for o in range(8 - i)]
    result = made.over_time(made.USERS, n=3)
    frame = pd.DataFrame(rows, columns=["cohort", "offset", "size", "value", "rate", "complete"])
    return replace(result, frame=frame, query=result.query.model_copy(update={"grain": "month"}))


def hour_grid():
    frame = pd.DataFrame(
        [(str(d), str(h), float(d * h)) for d in range(1, 8) for h in range(24)], columns=["weekday", "hour_of_day", "active_users"]
    )
    return replace(made.over_time(made.USERS, n=3), frame=frame)


DRAWN = {
    "lines": lambda: made.over_time(made.MRR, partial=True),
    "lines of slices": sliced,
    "bars": lambda: made.over_time(made.USERS, partial=True),
    "bars stacked": sliced,
    "waterfall": lambda: made.totals(mrr=48_000_000, new_mrr=1_800_000, churned_mrr=900_000),
    "cohorts": cohort_grid,
    "hours": hour_grid,
    "ranked": lambda: made.by_slice(made.USERS, "country", {"FR": (50, 40), HOSTILE: (30, 33), "": (1, 2)}),
}
OPTIONS = {"waterfall": {"down": ("churned_mrr",)}}


def drawn(name: str, locale: str = "en", palette=LIGHT) -> Chart:
    result, view = DRAWN[name](), name.split()[0]
    return VIEWS[view].draw(result, made.panel(view, result, **OPTIONS.get(view, {})), palette, locale)


def points(chart: Chart) -> int:
    return max(len(layer["data"]["values"]) for layer in chart.spec["layer"])


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_chart_satisfies_the_grammar(name, locale):
    chart = drawn(name, locale)
    alt.LayerChart.from_dict(chart.spec, validate=True)
    json.dumps(chart.spec, allow_nan=False)


@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_draws_in_each_palette(name):
    assert len({json.dumps(drawn(name, palette=p).spec) for p in (LIGHT, DARK, SCREEN)}) == 3


@pytest.mark.parametrize("name", DRAWN)
def test_no_chart_sends_more_than_500_points(name):
    assert points(drawn(name)) <= 500


def test_a_year_of_days_compared_is_within_500_points_for_each_line():
    result = made.over_time(made.MRR, n=366, start="2025-12-01")
    chart = VIEWS["lines"].draw(result, made.panel("lines", result), LIGHT, "en")
    strokes = chart.spec["layer"][1]["data"]["values"]
    assert sum(p["legend"] == "This period" for p in strokes) == 366


def test_names_reach_the_chart_as_data_never_as_markup():
    chart = drawn("ranked")
    names = [row["name"] for row in chart.spec["layer"][0]["data"]["values"]]
    assert HOSTILE in names
    assert json.dumps(HOSTILE, ensure_ascii=False) in chart.spec["layer"][0]["encoding"]["y"]["axis"]["labelExpr"]


def test_an_incomplete_bucket_is_dotted_and_left_out_of_the_solid_line():
    chart = drawn("lines")
    band, area, strokes, *_ = (layer["data"]["values"] for layer in chart.spec["layer"])
    assert [(p["i"], p["to"]) for p in band] == [(28, 29)]
    assert max(p["i"] for p in area) == 28
    assert [p["i"] for p in strokes if p["legend"] == "tail"] == [28, 29]
    assert max(p["i"] for p in strokes if p["legend"] == "This period") == 28


def test_an_incomplete_bar_says_so():
    rows = drawn("bars").spec["layer"][0]["data"]["values"]
    assert [row["cut"] for row in rows].count(True) == 1
    assert rows[-1]["when"].endswith("not over yet")


def test_an_incomplete_bar_is_hatched():
    _, stripes = drawn("bars").spec["layer"]
    assert [row["key"] for row in stripes["data"]["values"]] == ["2026-11-30"]
    assert stripes["mark"]["color"]["gradient"] == "linear"
    assert (
        len(VIEWS["bars"].draw(made.over_time(made.USERS), made.panel("bars", made.over_time(made.USERS)), LIGHT, "en").spec["layer"]) == 1
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_the_words_beside_the_longest_bar_have_room(locale):
    """Seven and a half pixels a character at 12 pixels of type, and the gap."""
    result = made.by_slice(made.MRR, "country", {"FR": (1_086_345_000, 1), "DE": (5, 1)})
    chart = VIEWS["ranked"].draw(result, made.panel("ranked", result), LIGHT, locale)
    said = max(len(row["said"]) for row in chart.spec["layer"][0]["data"]["values"])
    room = chart.spec["layer"][0]["encoding"]["x"]["scale"]["range"][1]["expr"]
    assert room == f"max(width - {round(7.4 * said) + 10}, 20)"


def test_the_waterfall_adds_up():
    """48.0M closing − (1.8M new − 0.9M churn) = 47.1M opening, in cents."""
    rows = drawn("waterfall").spec["layer"][0]["data"]["values"]
    assert rows[0]["high"] == pytest.approx(47_100_000)
    assert rows[1]["high"] - rows[1]["low"] == pytest.approx(1_800_000)
    assert (rows[2]["tone"], rows[2]["said"]) == ("bad", "−€9,000")
    assert rows[3]["high"] == pytest.approx(48_000_000)


def test_cohort_cells_in_progress_are_pale():
    cells = drawn("cohorts").spec["layer"][0]["data"]["values"]
    assert {c["shown"] for c in cells} == {1, 0.5}
    assert {c["said"] for c in cells if c["column"] == "M0"} >= {"100%", "99%"}


def test_missing_values_become_null():
    result = made.over_time(made.MRR)
    frame = result.frame.assign(mrr=np.where(np.arange(30) == 4, np.nan, result.frame["mrr"]))
    chart = VIEWS["lines"].draw(replace(result, frame=frame), made.panel("lines", result), LIGHT, "en")
    json.dumps(chart.spec, allow_nan=False)


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [0.0], [-3.0, -1.0], [float("nan")], []])
def test_degenerate_series_still_have_an_axis(values):
    low, high = axes.span(values)
    marks = axes.ticks(low, high)
    assert marks[0] < marks[-1]
    assert marks[0] <= low
    assert marks[-1] >= high


def test_a_flat_series_does_not_start_at_zero_and_a_lively_one_does():
    assert axes.span([450.0, 480.0])[0] == 450.0
    assert axes.span([10.0, 480.0])[0] == 0.0


@pytest.mark.parametrize(("value", "said"), [(48_000_000, "€480k"), (48_250_000, "€482.5k"), (0, "€0")])
def test_ticks_have_no_idle_decimals(value, said):
    assert Measure(Unit.MONEY, "en").tick(value) == said


def test_tick_labels_are_keyed_as_javascript_writes_numbers():
    assert axes.labels([(20000.0, "€20k"), (0.25, "25%"), (-5.0, "−5")]) == '{"20000":"€20k","0.25":"25%","-5":"−5"}[datum.value]'
