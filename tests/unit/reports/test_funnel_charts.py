"""Drawings of funnels, on results made by hand: valid, clickable by the right fields, names as data."""

from __future__ import annotations

import json
from dataclasses import replace

import altair as alt
import pandas as pd
import pytest

from accounts.language import Text
from analytics.filters import Filter
from analytics.kinds import dropoff
from analytics.kinds import funnel_views as views
from analytics.kinds.dropoff_query import DropOff
from analytics.kinds.funnel_query import Funnel, FunnelStep
from analytics.metric import Unit
from analytics.query import Scope
from analytics.result import Column
from analytics.where import Where
from reports.charts import VIEWS
from reports.charts.palette import LIGHT
from reports.charts.view import Chart, Sheet
from reports.drill import behind
from reports.library.funnels import funnel_report
from reports.report import Panel
from reports.sentences import query_sentence
from tests.unit.reports import made

HOSTILE = "<img src=x onerror=alert(1)> **b**'\""
ASKED = Funnel(steps=(FunnelStep(event="visit"), FunnelStep(event=HOSTILE), FunnelStep(event="buy")), by=("country",))
PANELS = {panel.name: panel for panel in funnel_report(ASKED).panels}


def text(name: str) -> Column:
    return Column(name, Text(name, name), Unit.TEXT, "dimension")


def steps(by: dict[str, tuple[int, ...]], query: Funnel = ASKED):
    """`by` is slice -> people at each step; money 100 cents a head."""
    rows = []
    for name, people in by.items():
        for k, count in enumerate(people):
            before = people[max(k - 1, 0)]
            row = {
                "step": str(k + 1),
                "event": query.steps[k].title,
                "country": name,
                "people": float(count),
                "dropped": float(before - count),
            }
            row |= {"conversion": count / people[0], "low": count / people[0] - 0.05, "high": count / people[0] + 0.05}
            row |= {
                "step_conversion": count / before if before else float("nan"),
                "step_low": 0.1,
                "step_high": 0.9,
                "mean_time": 90.0,
                "median_time": float("nan"),
            }
            rows.append(row | {"value": count * 100.0})
    keys = (text("step"), text("event"), *([text("country")] if query.by else []))
    columns = (*keys, *map(made.column, (*views.STEP_METRICS, views.VALUE)))
    notes = [{"title": step.title, "optional": step.optional} for step in query.steps]
    return replace(
        made.over_time(made.USERS, n=3), query=query, frame=pd.DataFrame(rows)[[c.name for c in columns]], columns=columns,
        metrics=views.STEP_METRICS, extra={"steps": notes},
    )  # fmt: skip


def times():
    frame = pd.DataFrame({"from_seconds": [0.0, 5.0, 15.0], "to_seconds": [5.0, 15.0, float("inf")], "people": [3.0, 0.0, 2.0]})
    return replace(steps({"FR": (5, 5, 5)}), frame=frame, metrics=views.HISTOGRAM_METRICS)


def reasons():
    row = {"dimension": "browser", "value": HOSTILE, "step": "2", "people": 40.0, "dropped": 30.0, "conversion": 0.25, "rest": 0.9}
    row |= {"difference": -0.65, "low": -0.8, "high": -0.5, "lift": 7.5, "lost": 26.0}
    other = row | {"dimension": "person.plan", "value": "", "low": -0.1, "high": 0.2, "lift": float("nan")}
    columns = (*map(text, ("dimension", "value", "step")), *map(made.column, dropoff.DIFFERENCES))
    titles = {"step": 2, "before": 1, "titles": [step.title for step in ASKED.steps]}
    return replace(steps({"FR": (5, 5, 5)}), query=DropOff(of=ASKED), frame=pd.DataFrame([row, other]), columns=columns, extra=titles)


def met():
    rows = [{"what": HOSTILE, "source": "form", "dropped": 8.0, "share": 0.8, "share_on": 0.1, "difference": 0.7, "low": 0.4, "high": 0.9}]
    rows.append(rows[0] | {"what": "", "share_on": float("nan"), "low": float("nan"), "high": float("nan"), "difference": float("nan")})
    return replace(reasons(), frame=pd.DataFrame(rows))


ALONE = ASKED.model_copy(update={"by": ()})
DRAWN = {
    "funnel_steps": lambda: steps({"all": (100, 60, 20)}, ALONE),
    "funnel_steps sliced": lambda: steps({"FR": (60, 40, 15), HOSTILE: (40, 20, 5), "": (4, 0, 0)}),
    "funnel_times": times,
    "differences": reasons,
    "happened": met,
}


def drawn(name: str, locale: str = "en"):
    view = name.split()[0]
    return VIEWS[view].draw(DRAWN[name](), Panel(view, Text("t", "t"), ASKED, view), LIGHT, locale)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_drawing_satisfies_the_grammar_and_keeps_names_as_data(name, locale):
    chart = drawn(name, locale)
    assert isinstance(chart, Chart)
    alt.LayerChart.from_dict(chart.spec, validate=True)
    json.dumps(chart.spec, allow_nan=False)
    assert all("<img" not in json.dumps(layer["mark"]) for layer in chart.spec["layer"])


def bars(name: str):
    return next(layer for layer in drawn(name).spec["layer"] if layer["mark"]["type"] == "bar")["data"]["values"]


def test_a_step_shows_who_came_and_who_was_lost():
    parts = [(row["step"], row["outcome"], row["base"], row["top"]) for row in bars("funnel_steps")]
    assert parts == [
        ("1", "reached", 0.0, 1.0), ("2", "reached", 0.0, 0.6), ("2", "dropped", 0.6, 1.0),
        ("3", "reached", 0.0, 0.2), ("3", "dropped", 0.2, 0.6),
    ]  # fmt: skip


def test_the_lost_part_of_a_bar_leads_to_those_who_dropped():
    picked = next(row for row in bars("funnel_steps sliced") if row["outcome"] == "dropped" and row["slice"] == json.dumps(["FR"]))
    query = behind(PANELS["funnel_steps"], picked, Scope())
    assert (query.step, query.outcome, query.slice, query.of.by) == (2, "dropped", ("FR",), ("country",))


def test_a_bar_of_the_histogram_and_a_bucket_of_the_trend_lead_to_their_people():
    assert behind(PANELS["funnel_times"], {"took": bars("funnel_times")[0]["took"]}, Scope()).took == (0.0, 5.0)
    query = behind(PANELS["funnel_trend"], {"key": "2026-11-02"}, Scope(grain="week"))
    assert (str(query.bucket), query.of.grain, query.of.view) == ("2026-11-02", "week", "trend")


def test_a_value_that_drops_more_leads_to_those_of_it_who_dropped():
    points = next(layer for layer in drawn("differences").spec["layer"] if layer["mark"]["type"] == "point")["data"]["values"]
    assert [row["fill"] for row in points] == [LIGHT.bad, LIGHT.idle]
    query = behind(PANELS["funnel_differences"], points[0], Scope())
    assert (query.step, query.outcome, query.slice, query.of.by) == (2, "dropped", (HOSTILE,), ("browser",))


@pytest.mark.parametrize(("metric", "step"), [("people", 1), ("converted", 3)])
def test_the_numbers_from_end_to_end_have_people_too(metric, step):
    assert behind(PANELS["funnel_headlines"], {"metric": metric}, Scope()).step == step


def test_the_table_has_a_row_per_step_or_per_slice():
    def table(result) -> Sheet:
        return VIEWS["funnel_table"].draw(result, PANELS["funnel_table"], LIGHT, "en")

    plain = table(DRAWN["funnel_steps"]())
    assert [cells[1:3] for cells in plain.cells] == [("100", "0"), ("60", "40"), ("20", "40")]
    assert plain.cells[2][6] == "€20.00"
    sliced = table(DRAWN["funnel_steps sliced"]())
    assert [cells[:4] for cells in sliced.cells] == [
        ("France", "60", "66.7%", "25.0%"),
        (HOSTILE, "40", "50.0%", "12.5%"),
        ("Unknown", "4", "0.0%", "0.0%"),
    ]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Funnel: visit (Country is France) → any event, within 14 d, last 30 days"),
        ("fr", "Entonnoir : visit (Pays est France) → tout événement, en 14 j, 30 derniers jours"),
    ],
)
def test_a_funnel_is_said_with_its_steps_and_window(locale, said):
    france = Where(values=(Filter("is", "country", ("FR",)),))
    query = Funnel(steps=(FunnelStep(event="visit", where=france), FunnelStep()))
    assert query_sentence(query, locale).replace("\u202f", " ").replace("\u00a0", " ") == said
