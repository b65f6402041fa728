"""Retention, habits, paths and shares: what each drawing says, what a click on it gives back, and that names stay data."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import altair as alt
import numpy as np
import orjson
import pandas as pd
import pytest

from accounts.actor import Tenant
from accounts.language import Text
from analytics.kinds import retention as kind
from analytics.kinds.lifecycle import METRICS as STATES
from analytics.kinds.lifecycle import Lifecycle
from analytics.kinds.paths import METRICS as PATH_METRICS
from analytics.kinds.paths import Paths
from analytics.kinds.people import People
from analytics.kinds.retention import Retention
from analytics.kinds.stickiness import METRICS as TIMES
from analytics.kinds.stickiness import Stickiness
from analytics.kinds.trends import Series, Trends, metrics_of
from analytics.metric import Unit
from analytics.period import Resolved
from analytics.query import Query, Scope
from analytics.result import Column, Result
from reports.charts import VIEWS
from reports.charts.palette import LIGHT
from reports.charts.view import Chart
from reports.drill import behind
from reports.library.explore import explore_report, fitting_charts
from reports.library.retention import retention_report
from reports.report import Panel

HOSTILE = '<img src=x onerror=alert(1)> [0].x "\\'
MAY = [pd.Timestamp(2026, 5, day) for day in (1, 2, 3)]
SPAN = Resolved(datetime(2026, 5, 1).date(), datetime(2026, 5, 4).date(), datetime(2026, 5, 1), datetime(2026, 5, 4), datetime(2026, 5, 4))
TENANT = Tenant(1, "t", "T")


def made(query: Query, frame: pd.DataFrame, columns: tuple[Column, ...], metrics: tuple = (), **more: Any) -> Result:
    return Result(query=query, period=SPAN, frame=frame, columns=columns, metrics=metrics, **more)


def grid(**asked: Any) -> Result:
    """Cohorts of 10, 20 and 5; 4 and 5 of the first two are back a day later, 1 of the first after two."""
    query = Retention(subject="users", grain="day", period="2026-05-01~2026-05-03", **asked)
    cells = [(0, 0, 10, 10), (0, 1, 10, 4), (0, 2, 10, 1), (1, 0, 20, 20), (1, 1, 20, 5), (2, 0, 5, 5)]
    rows = [
        {"cohort": MAY[i], "size": float(size), "offset": j, "value": float(n), "rate": n / size, "complete": (i, j) != (1, 1)}
        for i, j, size, n in cells
    ]
    frame = pd.concat([pd.DataFrame(rows).assign(**dict.fromkeys(query.by, name)) for name in ((HOSTILE, "FR") if query.by else ("",))])
    return made(query, frame.reset_index(drop=True), kind._columns(query), extra={"mean": kind._mean(frame, list(query.by))})


def lifecycle() -> Result:
    frame = pd.DataFrame(
        {"bucket": MAY, "new": [1.0, 0, 2], "returning": [3.0, 2, 1], "resurrecting": [0.0, 1, 0], "dormant": [-2.0, 0, -1]}
    )
    columns = (Column("bucket", Text("", ""), Unit.TIME, "time"), *(Column(m.name, m.label, m.unit, "metric") for m in STATES))
    return made(Lifecycle(), frame, columns, STATES, partial=frozenset({MAY[2]}))


def stickiness() -> Result:
    frame = pd.DataFrame({"times": ["1", "2", "3"], "people": [5.0, 3, 2], "share": [0.5, 0.3, 0.2], "at_least": [10.0, 5, 2]})
    return made(Stickiness(), frame, (), TIMES, totals={"people": 10.0})


def paths() -> Result:
    """Of ten sessions at /a six go to /b, three to a hostile name, one ends; five end at /b, one goes on."""
    edges = [("1_/a", "2_/b", 6.0), ("1_/a", f"2_{HOSTILE}", 3.0), ("2_/b", "3_/c", 1.0)]
    frame = pd.DataFrame([{"source": s, "target": t, "paths": n, "mean_time": 1500.0} for s, t, n in edges])
    came = [("1_/a", 10, 1), ("2_/b", 6, 5), (f"2_{HOSTILE}", 3, 3), ("3_/c", 1, 1)]
    nodes = [{"node": n, "step": int(n[0]), "item": n[2:], "paths": p, "ended": e} for n, p, e in came]
    return made(Paths(), frame, (), PATH_METRICS, totals={"paths": 10.0}, extra={"nodes": nodes})


def trends(by: tuple[str, ...], *, timed: bool = False, series: int = 1) -> Result:
    query = Trends(series=tuple(Series(event=f"e{i}") for i in range(series)), by=by, grain="day" if timed else None)
    values = {m.name: [6.0, 3.0, np.nan] for m in metrics_of(query)}
    frame = pd.DataFrame({**({"bucket": MAY} if timed else {}), **{name: ["FR", HOSTILE, ""] for name in by}, **values})
    cuts = tuple(Column(name, Text(name, name), Unit.TEXT, "dimension") for name in by)
    return made(query, frame, cuts, metrics_of(query), totals={"s1": 9.0})


DRAWN = {
    "retention": grid,
    "retention sliced": lambda: grid(by=("property.x",)),
    "retention_curve": grid,
    "retention_curve sliced": lambda: grid(by=("property.x",)),
    "lifecycle": lifecycle,
    "stickiness": stickiness,
    "sankey": paths,
    "donut": lambda: trends(("property.x",)),
    "heatmap": lambda: trends(("property.x", "country")),
    "heatmap timed": lambda: trends(("property.x",), timed=True),
    "scatter": lambda: trends(("property.x",), series=2),
}


def drawn(name: str, locale: str = "en", **options: Any) -> Any:
    result = DRAWN[name]()
    return VIEWS[name.split()[0]].draw(result, Panel("p", Text("t", "t"), result.query, name.split()[0], options=options), LIGHT, locale)


def marks(name: str, mark: str, **options: Any) -> list[dict[str, Any]]:
    return next(layer for layer in drawn(name, **options).spec["layer"] if layer["mark"]["type"] == mark)["data"]["values"]


@pytest.mark.parametrize("name", DRAWN)
def test_every_drawing_satisfies_the_grammar_and_keeps_names_as_data(name):
    chart = drawn(name)
    assert isinstance(chart, Chart)
    alt.LayerChart.from_dict(chart.spec, validate=True)
    for one in (chart, drawn(name, "fr")):
        json.dumps(one.spec, allow_nan=False)
        assert all("<img" not in json.dumps(layer["mark"]) for layer in one.spec["layer"])


def test_the_grid_begins_with_the_weighted_mean_and_marks_what_is_not_over():
    cells = {(row["i"], row["later"]): row for row in marks("retention", "rect")}
    assert (cells[0, 1]["said"], cells[1, 1]["said"], cells[2, 1]["said"]) == ("40%", "40%", "25%")  # the mean leaves out the open 5 of 20
    assert [key for key, row in cells.items() if not row["whole"]] == [(2, 1)]
    assert cells[2, 1]["exact"] == "25.0% · not over yet"
    assert [row["said"] for row in marks("retention", "rect", show="count") if row["i"] == 1] == ["10", "4", "1"]
    assert [row["said"] for row in marks("retention", "rect", show="lost") if row["i"] == 1] == ["100%", "60%", "90%"]


@pytest.mark.parametrize("name", ["retention", "retention sliced"])
@pytest.mark.parametrize("show", ["share", "lost"])
def test_every_cell_of_the_grid_names_its_people(name, show):
    query = DRAWN[name]().query
    panel = retention_report(query, show).panels[0]
    for row in marks(name, "rect", show=show):
        asked = behind(panel, {field: str(row.get(field, "")) for field in ("key", "later", "slice", "outcome")}, Scope())
        assert isinstance(asked, People)
        assert (asked.of, asked.later) == (query, row["later"])
        assert asked.outcome == ("dropped" if show == "lost" and row["later"] else None)
        assert asked.slice == (tuple(orjson.loads(row["slice"])) if query.by else None)


def test_brackets_are_named_by_their_ends():
    chart = VIEWS["retention"].draw(bracketed(), Panel("p", Text("t", "t"), bracketed().query, "retention"), LIGHT, "fr")
    assert "J1–2" in json.dumps(chart.spec, ensure_ascii=False)


def bracketed() -> Result:
    result = grid(brackets=(2,))
    frame = result.frame[result.frame["offset"] < 2].assign(until=lambda f: f["offset"] * 2)
    return made(result.query, frame, result.columns, extra={"mean": kind._mean(frame, [])})


def test_the_curve_leaves_the_start_out_and_leads_to_an_offset():
    points = marks("retention_curve sliced", "line")
    assert {(row["line"], row["later"]): round(row["rate"], 2) for row in points if "FR" in row["line"]} == {
        ('["FR"]', 1): 0.4,
        ('["FR"]', 2): 0.1,
    }


def test_lifecycle_bars_and_stickiness_bars_name_their_people():
    states = {(row["state"], row["key"]): row["value"] for row in marks("lifecycle", "bar")}
    assert (states["dormant", "2026-05-01"], states["new", "2026-05-03"]) == (-2.0, 2.0)
    assert [(row["times"], row["value"]) for row in marks("stickiness", "bar")] == [(1, 5.0), (2, 3.0), (3, 2.0)]
    assert [row["value"] for row in marks("stickiness", "bar", at_least=True)] == [10.0, 5.0, 2.0]


def test_a_link_is_as_wide_as_what_flows_and_stays_inside_its_nodes():
    rows = marks("sankey", "area")
    widths = {(row["source"], row["target"]): round(row["y2"] - row["y"], 6) for row in rows}
    assert widths["1_/a", "2_/b"] == pytest.approx(2 * widths["1_/a", f"2_{HOSTILE}"], abs=1e-6)
    nodes = {
        row["source"]: row for row in next(x for x in drawn("sankey").spec["layer"][2:] if x["mark"]["type"] == "rect")["data"]["values"]
    }
    for row in rows:
        if row["x"] in (2.0, 3.0):  # where a link arrives
            assert nodes[row["target"]]["y"] - 1e-9 <= row["y"] <= row["y2"] <= nodes[row["target"]]["y2"] + 1e-9
    ends = {row["source"]: row["count"] for row in drawn("sankey").spec["layer"][1]["data"]["values"]}
    assert ends == {"1_/a": "1", "2_/b": "5", f"2_{HOSTILE}": "3"}


def test_whole_paths_are_a_table_whose_rows_lead_to_their_people():
    query = Paths(view="paths", goal="/c")
    frame = pd.DataFrame({"path": ['["/a","/b"]', '["/a"]'], "paths": [6.0, 1.0], "mean_time": [208_000.0, np.nan]})
    columns = (Column("path", Text("Path", "Chemin"), Unit.TEXT, "dimension"),)
    sheet = VIEWS["path_table"].draw(
        made(query, frame, columns, PATH_METRICS), Panel("p", Text("t", "t"), query, "path_table"), LIGHT, "en"
    )
    assert [cells[:3] for cells in sheet.cells] == [("/a → /b", "6", "3\u202fmin 28\u202fs"), ("/a", "1", "—")]
    panel = Panel("p", Text("t", "t"), query, "path_table", drill=People(of=query))
    assert behind(panel, {c.name: str(v) for c, v in zip(sheet.columns, sheet.raw[0], strict=True)}, Scope()).path == ("/a", "/b")


def test_the_smallest_parts_of_a_donut_are_one_and_unknown_values_none():
    parts = marks("donut", "arc")
    assert [(row["name"], row["share"]) for row in parts] == [("FR", "66.7%"), (HOSTILE, "33.3%")]


def test_only_charts_that_fit_are_offered_and_another_falls_back_to_lines():
    alone, cut = Trends(series=(Series(),)), Trends(series=(Series(), Series(measure="users")), by=("country",))
    assert fitting_charts(alone) == ("lines", "bars", "tiles", "table")
    assert set(fitting_charts(cut)) == {"lines", "bars", "ranked", "donut", "heatmap", "scatter", "tiles", "table"}
    assert "donut" not in fitting_charts(Trends(series=(Series(measure="per_user"),), by=("country",)))
    assert [panel.view for panel in explore_report(alone, "donut").panels] == ["tiles", "lines", "table"]


def test_a_click_on_one_of_several_series_leads_to_its_people():
    query = Trends(series=(Series(event="a"), Series(event="b")))
    report = explore_report(query, "bars")
    assert behind(report.panels[1], {"key": "2026-05-01", "slice": "s2"}, Scope()).metric == "s2"
    cut = explore_report(query.model_copy(update={"by": ("country", "device")}), "heatmap")
    asked = behind(cut.panels[2], {"slice": '["FR",""]'}, Scope())
    assert (asked.metric, asked.slice) == ("s2", ("FR", ""))
    row = behind(cut.panels[-1], {"country": "FR", "device": "mobile", "s1": "3"}, Scope())
    assert (row.metric, row.slice) == (None, ("FR", "mobile"))
