"""Every option of a funnel, and the people behind one, on a few events drawn by hand; on every engine."""

from __future__ import annotations

import json
from datetime import datetime

import pandas as pd
import pytest

from analytics.filters import Filter
from analytics.kinds import query_from_json
from analytics.kinds.funnel_query import Funnel, FunnelExclusion, FunnelStep
from analytics.kinds.lifecycle import Lifecycle
from analytics.kinds.paths import Paths
from analytics.kinds.people import People
from analytics.kinds.stickiness import Stickiness
from analytics.matching import Matcher
from analytics.query import InvalidQuery, params_to_json
from analytics.run import Forbidden
from analytics.where import Where
from tests.contract.shapes_desk import Row, company

MARCH = "2026-03-01~2026-03-31"


def at(day, hour=0, minute=0):
    return datetime(2026, 3, day, hour, minute)


def row(user, ts, name, value=None, account=None, **properties):
    return Row(user, ts, name, tuple(properties.items()), value=value, account=account)


# ann visits, adds, buys; bob visits and adds; cat visits on another browser and buys without adding; dan only visits.
ROWS = [
    row("ann", at(2, 10), "visit", browser="Firefox", plan="a", account="north"),
    row("ann", at(2, 11), "add", browser="Firefox", plan="b", account="north"),
    row("ann", at(2, 13), "buy", 2500, browser="Safari", plan="a", account="north"),
    row("bob", at(3, 10), "visit", browser="Firefox", account="north"),
    row("bob", at(5, 10), "add", browser="Firefox", account="north"),
    row("cat", at(9, 10), "visit", browser="Safari", account="south"),
    row("cat", at(9, 12), "buy", 1000, browser="Safari", account="south"),
    row("dan", at(30, 10), "visit"),
]


@pytest.fixture
def shop(warehouse):
    return company(warehouse, ROWS)


def steps(*names, **more):
    return tuple(FunnelStep(event=name.rstrip("?"), optional=name.endswith("?")) for name in names)


def funnel(*names, **more):
    return Funnel(**({"steps": steps(*names), "period": MARCH, "window": 7} | more))


def people(result):
    return result.frame["people"].tolist()


def test_steps_rates_and_times(shop):
    found = shop.ask(funnel("visit", "add", "buy"))
    assert people(found) == [4, 2, 1]
    assert found.frame["conversion"].tolist() == [1, 0.5, 0.25]
    assert found.frame["step_conversion"].tolist() == [1, 0.5, 0.5]
    assert found.frame["dropped"].tolist() == [0, 2, 1]
    # ann took 1 h, bob 48 h to add: mean and median (1 + 48) / 2 = 24.5 h; then ann 2 h to buy
    assert found.frame["mean_time"].tolist()[1:] == [24.5 * 3600, 2 * 3600]
    assert found.value("conversion") == 0.25
    assert found.value("mean_time") == 3 * 3600
    # Wilson by hand for 1 of 4, z = 1.96: (0.25 + 0.4802 ± 1.96 sqrt(0.25·0.75/4 + 0.0600)) / 1.9604 = 0.0456 … 0.6994
    assert found.frame["low"].iloc[2] == pytest.approx(0.0456, abs=1e-4)
    assert found.frame["high"].iloc[2] == pytest.approx(0.6994, abs=1e-4)


def test_an_optional_step_may_be_left_out(shop):
    found = shop.ask(funnel("visit", "add?", "buy"))
    assert people(found) == [4, 2, 2]
    assert found.frame["step_conversion"].tolist() == [1, 0.5, 0.5]  # buy is compared with visit
    assert found.frame["mean_time"].iloc[2] == 2.5 * 3600  # ann 3 h, cat 2 h, from visit


def test_the_window_counts_from_the_start(shop):
    assert people(shop.ask(funnel("visit", "add", window=48, window_unit="hour"))) == [4, 2]
    assert people(shop.ask(funnel("visit", "add", window=47, window_unit="hour"))) == [4, 1]


def test_unordered_and_strict(shop):
    assert people(shop.ask(funnel("buy", "visit", order="unordered"))) == [4, 2]
    assert people(shop.ask(funnel("visit", "buy", order="strict"))) == [4, 1]
    assert shop.ask(funnel("buy", "visit", order="unordered")).frame["event"].tolist() == ["1/2", "2/2"]


def test_an_exclusion_voids_the_attempt(shop):
    excluded = (FunnelExclusion(event="add", from_step=0, to_step=1),)
    assert people(shop.ask(funnel("visit", "buy", exclusions=excluded))) == [2, 1]  # cat and dan are left


def test_money_of_each_step(shop):
    found = shop.ask(funnel("visit", "buy", value=True))
    assert found.frame["value"].tolist() == [0, 3500]
    with pytest.raises(Forbidden, match="read_money"):
        shop.ask(funnel("visit", "buy", value=True), roles=frozenset({"viewer"}))


@pytest.mark.parametrize(
    ("attribution", "expected"),
    [
        ("first", {"Firefox": [2, 1], "Safari": [1, 1], "": [1, 0]}),
        ("last", {"Firefox": [1, 0], "Safari": [2, 2], "": [1, 0]}),
        ("all", {"Firefox": [2, 0], "Safari": [1, 1], "": [1, 0]}),
    ],
)
def test_a_breakdown_by_the_value_of(shop, attribution, expected):
    found = shop.ask(funnel("visit", "buy", by=("property.browser",), attribution=attribution)).frame
    assert {name: part["people"].tolist() for name, part in found.groupby("property.browser")} == expected


def test_a_breakdown_by_one_step(shop):
    found = shop.ask(funnel("visit", "buy", by=("property.browser",), attribution="step", attribution_step=1)).frame
    assert {name: part["people"].tolist() for name, part in found.groupby("property.browser")} == {"Safari": [2, 2]}


def test_small_slices_are_other(shop):
    found = shop.ask(funnel("visit", "buy", by=("property.browser",), limit=1))
    assert found.frame.groupby("property.browser", sort=False)["people"].agg(list).to_dict() == {"Firefox": [2, 1], "Other": [2, 1]}
    assert found.value("people") == 4


def test_a_property_held_constant(shop):
    assert people(shop.ask(funnel("visit", "buy", hold="property.browser"))) == [3, 1]  # ann changed browser, dan has none
    assert people(shop.ask(funnel("visit", "buy", hold="property.plan"))) == [1, 1]


def test_by_account_and_by_session(shop):
    assert people(shop.ask(funnel("visit", "add", "buy", per="account"))) == [2, 1, 1]  # north adds and buys, dan has none
    assert people(shop.ask(funnel("visit", "add", per="session"))) == [4, 0]  # an hour apart is another session


def test_first_ever_and_first_in_the_period(shop):
    late = {"period": "2026-03-03~2026-03-31"}
    again = company(shop.warehouse, [*ROWS, row("ann", at(20, 10), "visit"), row("ann", at(20, 11), "add")])
    assert people(again.ask(funnel("visit", "add", **late))) == [4, 2]
    assert people(again.ask(funnel("visit", "add", entry="first_ever", **late))) == [3, 1]  # ann came before
    assert people(again.ask(funnel("visit", "buy", entry="first_in_period"))) == [4, 2]
    assert people(again.ask(funnel("visit", "buy", entry="first_in_period", **late))) == [4, 1]  # ann's first there is the 20th


def test_time_to_convert(shop):
    found = shop.ask(funnel("visit", "buy", view="histogram")).frame
    # cat took 2 h, ann 3 h: the spread of an hour is cut by two minutes and a half at least, so by five
    assert found.loc[found["people"] > 0, ["from_seconds", "people"]].values.tolist() == [[7200, 1], [10800, 1]]


def test_a_trend_leaves_out_open_windows(shop):
    found = shop.ask(funnel("visit", "buy", view="trend", grain="week"))
    shown = {str(r.bucket.date()): (r.people, r.converted) for r in found.frame.itertuples() if r.people}
    assert shown == {"2026-03-02": (2, 1), "2026-03-09": (1, 1)}  # dan came on the 30th: his window is open
    assert found.extra["open"] == 1


def test_conditions_are_trees(shop):
    where = Where(type="or", values=(Filter("is", "property.browser", ("Safari",)), Filter("is_set", "property.plan", ())))
    assert people(shop.ask(funnel("visit", "buy", where=where))) == [2, 2]
    step = FunnelStep(event="visit", where=Where(values=(Filter("is", "person.id", ("x",)),)))
    assert people(shop.ask(Funnel(steps=(step,), period=MARCH))) == [0]


@pytest.mark.parametrize("text", ["' OR 1=1 --", 'a"b', "$.x", "é 🙂", "\\", "%s", ":x", "$1", "Firefox'; DROP TABLE events; --"])
def test_hostile_words_stay_words(shop, text):
    step = FunnelStep(
        event=text, where=Where(values=(Filter("is", f"property.{text}", (text,)), Filter("contains", f"person.{text}", (text,))))
    )
    query = Funnel(steps=(step,), by=(f"property.{text}",), period=MARCH)
    assert shop.ask(query).value("people") == 0
    assert shop.ask(Paths(start=text, exclude=(text,), period=MARCH)).frame.empty
    assert shop.ask(Stickiness(event=step, period=MARCH)).value("people") == 0
    assert people(shop.ask(funnel("visit"))) == [4]


def names(result):
    return result.frame["external_id"].tolist()


def test_who_is_behind_a_step(shop):
    query = funnel("visit", "add", "buy", by=("property.browser",))
    assert names(shop.ask(People(of=query, step=2))) == ["ann", "bob"]
    assert names(shop.ask(People(of=query, step=2, outcome="dropped"))) == ["cat", "dan"]
    assert names(shop.ask(People(of=query, step=1, slice=("Safari",)))) == ["cat"]
    found = shop.ask(People(of=query, limit=2, offset=1))
    assert (names(found), found.value("people")) == (["bob", "cat"], 4)
    assert found.frame["reached"].tolist() == [2, 1]


def test_who_is_behind_a_bucket_of_the_trend(shop):
    query = funnel("visit", "buy", view="trend", grain="week")
    assert names(shop.ask(People(of=query, bucket="2026-03-09"))) == ["cat"]


def test_who_is_behind_the_other_shapes(shop):
    march = {"period": MARCH}
    assert names(shop.ask(People(of=Lifecycle(grain="week", **march), state="dormant", bucket="2026-03-09"))) == ["ann", "bob"]
    assert names(shop.ask(People(of=Stickiness(**march), times=2))) == ["bob"]
    edge = People(of=Paths(gap_seconds=86_400, **march), source="1_visit", target="2_add")
    assert names(shop.ask(edge)) == ["ann"]


def test_people_need_the_right_to_see_people(shop):
    query = People(of=funnel("visit"))
    with pytest.raises(Forbidden, match="read_people"):
        shop.ask(query, roles=frozenset({"executive"}))
    with pytest.raises(Forbidden, match="read_people"):
        shop.ask(funnel("visit", by=("person.email",)), roles=frozenset({"executive"}))
    assert shop.ask(funnel("visit", by=("person.country",)), roles=frozenset({"executive"})).value("people") == 4


def test_the_period_before_is_the_same_question(shop):
    found = shop.ask(funnel("visit", "add", period="2026-03-09~2026-03-15", compare="previous"))
    assert (found.value("people"), found.previous("people")) == (1, 2)
    assert found.frame["people__previous"].tolist() == [2, 2]
    assert found.frame["people"].tolist() == [1, 0]


def test_nobody_at_all(warehouse):
    empty = company(warehouse, [])
    for query in (funnel("visit", "buy", by=("property.x",)), funnel("visit", view="histogram"), funnel("visit", view="trend")):
        assert empty.ask(query).empty
    for query in (Lifecycle(period=MARCH), Stickiness(period=MARCH), Paths(period=MARCH), People(of=funnel("visit"))):
        assert empty.ask(query).empty


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"steps": []}, "steps"),
        ({"steps": [{"event": "a", "optional": True}]}, "first step"),
        ({"steps": [{"event": "a"}], "exclusions": [{"event": "x", "from_step": 0, "to_step": 1}]}, "exclusion"),
        ({"steps": [{"event": "a"}], "by": ["property.x"], "attribution": "step", "attribution_step": 3}, "attribution_step"),
        ({"steps": [{"event": "a", "any_of": [{"event": "b"}]}]}, "not both"),
        ({"steps": [{"event": "a"}, {"event": "b", "optional": True}], "order": "strict"}, "ordered"),
        ({"steps": [{"event": "a"}], "window": 999_999_999}, "window"),
        ({"steps": [{"event": "a", "where": {"values": [["like", "plan", ["x"]]]}}]}, "operator"),
        ({"steps": [{"event": "a"}], "since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "until"),
    ],
)
def test_what_cannot_be_asked_is_said(data, says):
    with pytest.raises(InvalidQuery, match=says):
        query_from_json({"kind": "funnel", **data})


def test_a_cell_of_another_shape_is_refused():
    for data in ({"state": "new"}, {"step": 9}, {"step": 1, "outcome": "dropped"}, {"slice": ["x"]}, {"bucket": "2026-03-01"}):
        with pytest.raises(InvalidQuery):
            query_from_json({"kind": "people", "of": {"kind": "funnel", "steps": [{"event": "a"}]}, **data})


def test_questions_survive_json():
    step = FunnelStep(
        event="a", where=Where(type="or", values=(Filter("is", "country", ("FR",)), Where(values=(Filter("is_set", "plan", ()),))))
    )
    query = Funnel(steps=(step, *steps("b?", "c")), by=("property.x",), since="2026-03-01T00:00:00Z", period=MARCH)
    for asked in (query, People(of=query, step=2), Lifecycle(event=Matcher(event="a")), Stickiness(grain="week"), Paths(start="/a")):
        again = query_from_json(json.loads(json.dumps(asked.to_json())))
        assert again == asked
        assert query_from_json(params_to_json(asked.to_params())) == asked
        assert hash(again) == hash(asked)


def test_the_answer_is_a_proper_result(shop):
    found = shop.ask(funnel("visit", "buy", by=("property.browser",)))
    assert list(found.frame.columns) == [c.name for c in found.columns]
    assert all(c.label.en and c.label.fr for c in found.columns)
    assert json.dumps(found.extra)
    assert all(pd.api.types.is_float_dtype(found.frame[m.name]) for m in found.metrics)
    assert "events" in found.sql[0]
