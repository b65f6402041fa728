"""Retention, Journeys and Explore: they open, are honest when empty, closed to who may not see them, and are what their address says."""

from __future__ import annotations

import orjson
import pytest

from components import states
from reports import reasons
from tests.page.test_funnels import question, told
from tests.page.test_pages import charts, html, values

PAGES = {"retention": ("Retention", 4), "journeys": ("Journeys", 1), "explore": ("Explore", 1)}


def asked(**query: object) -> str:
    return orjson.dumps(query).decode()


@pytest.mark.parametrize("page", PAGES)
def test_it_opens_with_its_charts(opened, page):
    at = opened("alice", page, period="12w")
    assert not at.exception
    assert f"<h1>{PAGES[page][0]}</h1>" in html(at)
    assert charts(at) == PAGES[page][1]
    assert reasons.FAILED.en not in html(at)
    assert told(at, "q") is None


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_warehouse_says_what_to_do_next(opened_empty, page):
    at = opened_empty("alice", page)
    assert not at.exception
    assert states.NOTHING.en in html(at)


def test_a_viewer_is_told_the_page_is_not_open(opened):
    assert reasons.FORBIDDEN.en in html(opened("bob", "explore"))


def test_retention_keeps_only_what_a_grid_of_money_can_have(opened):
    q = asked(kind="retention", subject="users", grain="day", period="14d", windows="24h", brackets=[3, 7], by=["country"])
    at = opened("alice", "retention", q=q)
    assert not at.exception
    assert "windows of 24 hours from each person" in html(at)
    assert charts(at) == 4
    at.selectbox(key="edit_retention_subject").set_value("revenue_net").run()
    assert question(at) == {"kind": "retention", "subject": "revenue_net", "grain": "day", "period": "14d"}
    at.selectbox(key="edit_retention_grain").set_value("week").run()
    assert question(at)["period"] == "12w"


def test_brackets_are_written_as_numbers_and_anything_else_changes_nothing(opened):
    at = opened("alice", "retention")
    at.text_input(key="edit_retention_brackets").set_value("1, 3; 8").run()
    assert question(at)["brackets"] == [1, 3, 8]
    at.text_input(key="edit_retention_brackets").set_value("soon").run()
    assert question(at)["brackets"] == [1, 3, 8]


def test_journeys_from_a_page_to_a_goal(opened):
    at = opened("alice", "journeys", period="12w", q=asked(kind="paths", start="/pricing", goal="sign_up_completed"))
    assert not at.exception
    assert "From /pricing on" in html(at)
    at.segmented_control(key="edit_journeys_what").set_value("events").run()
    assert question(at) == {"kind": "paths", "items": []}


def test_explore_offers_what_fits_and_is_never_blank(opened):
    at = opened("alice", "explore", view="donut", q=asked(kind="trends", series=[{"event": "page_view"}]))
    assert not at.exception
    assert at.selectbox(key="edit_explore_view").options == ["Lines", "Bars", "Number", "Table"]
    assert (charts(at), len(values(at))) == (1, 1)
    at.multiselect(key="edit_explore_by").set_value(["country"]).run()
    assert at.selectbox(key="edit_explore_view").value == "donut"
    at.selectbox(key="edit_explore_series_0_measure").set_value("sum").run()
    assert question(at)["series"][0] == {"event": "page_view", "measure": "sum", "of": "value"}
    at.segmented_control(key="edit_explore_kind").set_value("aggregate").run()
    assert question(at) == {"kind": "aggregate", "metrics": ["active_users"]}


def test_a_question_that_makes_no_sense_is_said_and_left_out(opened):
    at = opened("alice", "explore", q=asked(kind="trends", series=[{"measure": "sum"}]))
    assert not at.exception
    assert "needs of" in html(at)
    assert charts(at) == 1
