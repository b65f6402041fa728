"""The views of Acquisition and Audience: valid, honest about what is missing, clickable, literal."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

import altair as alt
import numpy as np
import pandas as pd
import pytest

from analytics.kinds.attribution_columns import columns_of, metrics_of
from analytics.kinds.attribution_models import MODELS
from analytics.kinds.attribution_query import Attribution
from analytics.kinds.people_query import People
from analytics.metric import Unit
from analytics.query import Scope
from reports.charts import VIEWS
from reports.charts.palette import DARK, LIGHT, SCREEN
from reports.charts.world import codes, thresholds
from reports.drill import behind
from tests.unit.reports import made

HOSTILE = "<img src=x onerror=alert(1)> $\\alpha$ **b** '\""


def shared(by: tuple[str, ...] = ("channel",), **more):
    """Search and a hostile name share 10 conversions, one came by nothing, one slice is the rest."""
    query = Attribution(by=by, **more)
    rows = [("touched", "paid_search", 6.0, 600.0, 300.0), ("touched", HOSTILE, 3.5, 350.0, np.nan)]
    rows += [("other", "Other", 0.5, 50.0, 10.0), ("none", "", 1.0, 99.0, np.nan)]
    columns = {"touch": [r[0] for r in rows]} | {name: [r[1] for r in rows] for name in by}
    columns |= {m.name: [0.0] * len(rows) for m in metrics_of(query)}
    columns |= {model: [r[2] for r in rows] for model in MODELS} | {f"{model}_money": [r[3] for r in rows] for model in MODELS}
    result = made.over_time(made.USERS, n=3)
    frame = pd.DataFrame(columns).assign(cost=[r[4] for r in rows])
    return replace(
        result, query=query, frame=frame[[c.name for c in columns_of(query)]], columns=columns_of(query), metrics=metrics_of(query)
    )


def countries():
    return made.by_slice(made.USERS, "country", {"FR": (500, 1), "DE": (40, 1), "SG": (7, 1), "": (3, 1), HOSTILE: (2, 1)})


DRAWN = {
    "attribution": shared,
    "attribution of two dimensions": lambda: shared(("channel", "campaign")),
    "world": countries,
    "world of nobody": lambda: made.by_slice(made.USERS, "country", {"FR": (0, 0)}),
    "heat_table": countries,
}


def drawn(name: str, locale: str = "en", palette=LIGHT, **options):
    result, view = DRAWN[name](), name.split()[0]
    return VIEWS[view].draw(result, made.panel(view, result, **options), palette, locale)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_chart_satisfies_the_grammar(name, locale):
    spec = copy.deepcopy(drawn(name, locale).spec)
    if "world" in name:  # the shapes themselves are data, and many
        spec["layer"][0]["data"]["values"] = {"type": "Topology", "objects": {"countries": {}}, "arcs": []}
    alt.LayerChart.from_dict(spec, validate=True)
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("name", ["attribution", "world", "heat_table"])
def test_every_chart_draws_in_each_palette(name):
    assert len({json.dumps(drawn(name, palette=p).spec) for p in (LIGHT, DARK, SCREEN)}) == 3


def told(chart) -> dict[str, dict]:
    """The map's rows by country."""
    return {row["code"]: row for row in chart.spec["layer"][0]["transform"][0]["from"]["data"]["values"]}


def test_the_map_colours_only_where_people_are():
    rows = told(drawn("world"))
    assert (rows["FR"]["said"], rows["FR"]["band"]) == ("500", "≥ 250")
    assert (rows["DE"]["band"], rows["ES"]["band"], rows["ES"]["said"]) == ("≥ 25", None, "—")
    assert rows["FR"]["slice"] == "FR"


def test_the_map_is_small_and_knows_most_countries():
    assert len(codes()) > 170
    assert len(json.dumps(drawn("world").spec)) < 120_000


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], []), ([7.0], [5]), ([1.0, 1000.0], [1, 2, 10, 50, 250]), ([3.0, 4.0], [2]), ([0.3, 0.9], [0.25, 0.5])],
)
def test_classes_are_round(values, expected):
    assert thresholds(values, whole=expected == [] or expected[0] >= 1) == expected


def test_every_slice_has_a_bar_per_model_and_nobody_is_named_apart():
    rows = drawn("attribution").spec["layer"][0]["data"]["values"]
    assert len(rows) == 4 * len(MODELS)
    assert [row["name"] for row in rows[:: len(MODELS)]] == ["Paid search", HOSTILE, "Others", "No touchpoint"]
    assert {row["said"] for row in drawn("attribution", money=True).spec["layer"][0]["data"]["values"]} == {
        "€6.00",
        "€3.50",
        "€0.50",
        "€0.99",
    }


def test_the_last_rows_stay_beyond_the_top():
    rows = drawn("attribution", top=1).spec["layer"][0]["data"]["values"]
    assert [row["name"] for row in rows[:: len(MODELS)]] == ["Paid search", "Others", "No touchpoint"]


def test_the_table_says_a_dash_where_cost_is_unknown():
    sheet = VIEWS["attribution_table"].draw(shared(), made.panel("attribution_table", shared(), columns=("linear", "cost")), LIGHT, "en")
    assert [cells[:3] for cells in sheet.cells] == [
        ("Paid search", "6.0", "€3.00"),
        (HOSTILE, "3.5", "—"),
        ("Others", "0.5", "€0.10"),
        ("No touchpoint", "1.0", "—"),
    ]


@pytest.mark.parametrize("row", range(4))
def test_a_click_on_a_bar_asks_for_its_people(row):
    result = shared(("channel", "campaign"))
    panel = replace(made.panel("attribution", result), drill=People())
    mark = VIEWS["attribution"].draw(result, panel, LIGHT, "en").spec["layer"][0]["data"]["values"][row * len(MODELS)]
    query = behind(panel, {name: str(mark[name]) for name in ("slice", "touch")}, Scope())
    assert isinstance(query, People)
    assert (query.touch, query.slice) == [
        ("touched", ("paid_search",) * 2), ("touched", (HOSTILE,) * 2), ("other", ("Other",) * 2), ("none", None),
    ][row]  # fmt: skip


def test_shares_are_coloured_and_counts_are_not():
    cells = drawn("heat_table").spec["layer"][0]["data"]["values"]
    assert {cell["fill"] for cell in cells} == {"transparent"}
    result = countries()
    rate = replace(made.USERS, unit=Unit.RATIO)
    panel = made.panel("heat_table", result)
    rated = VIEWS["heat_table"].draw(replace(result, metrics=(rate,)), panel, LIGHT, "en").spec["layer"][0]["data"]["values"]
    assert len({cell["fill"] for cell in rated}) > 1
    assert [cell["name"] for cell in cells][-2:] == ["Unknown", HOSTILE]
