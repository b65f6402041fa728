"""What the editor of funnels holds is the question, whatever stands in it half chosen; and what cannot be is brought back to what can."""

from __future__ import annotations

import pytest

from analytics.kinds import query_from_json
from components.analysis.funnels import settle
from components.editors.draft import UNSET, completed
from components.editors.events import chosen_events
from components.editors.filters import operator_words
from reports.library.funnels import TEMPLATES, first_funnel, fitting_templates, funnel_report

SAFARI = {"type": "and", "values": [["is", "browser", ["Safari"]]]}
EVERYTHING = {
    "kind": "funnel",
    "steps": [
        {"event": "visit", "where": SAFARI, "label": "Came"},
        {"event": "add", "optional": True},
        {"any_of": [{"event": "buy"}, {"event": "subscribe", "where": SAFARI}]},
        {},
    ],
    "window": 3,
    "window_unit": "hour",
    "exclusions": [{"event": "refund", "from_step": 1, "to_step": 3}],
    "per": "session",
    "entry": "first_ever",
    "by": ["country", "property.x"],
    "attribution": "step",
    "attribution_step": 2,
    "hold": "property.order",
    "value": True,
    "where": {"type": "or", "values": [["gt", "property.n", [3]], {"type": "and", "values": [["is_set", "plan", []]]}]},
}


@pytest.mark.parametrize(
    "data", [EVERYTHING, {"kind": "funnel", "steps": [{"event": "a"}], "order": "unordered"}, TEMPLATES[0].question().to_json()]
)
def test_a_question_goes_through_the_editor_unchanged(data):
    query = query_from_json(data)
    assert query_from_json(completed(settle(query.to_json()))) == query


def test_what_is_not_chosen_yet_is_no_part_of_the_question():
    draft = EVERYTHING | {
        "steps": [*EVERYTHING["steps"], {UNSET: True, "label": "later"}],
        "where": {"type": "and", "values": [["is", "", []], ["is", "country", []]]},
    }
    draft["steps"][0] = {
        "event": "visit",
        "where": {"type": "and", "values": [["is", "browser", ["Safari"]], ["gt", "property.n", []]]},
        "label": "Came",
    }
    assert completed(draft) == {name: value for name, value in EVERYTHING.items() if name != "where"}


def test_conditions_that_need_no_value_are_whole_without():
    whole = {"type": "and", "values": [["is_set", "plan", []]]}
    assert completed({"where": whole}) == {"where": whole}


def test_a_first_step_or_steps_without_order_are_not_optional():
    moved = {"steps": [{"event": "b", "optional": True}, {"event": "a", "optional": True}]}
    assert settle(moved)["steps"] == [{"event": "b"}, {"event": "a", "optional": True}]
    assert settle(moved | {"order": "strict"})["steps"] == [{"event": "b"}, {"event": "a"}]


def test_exclusions_and_attribution_follow_steps_that_go():
    left = EVERYTHING | {"steps": [{"event": "visit"}, {"event": "buy"}]}
    settled = settle(left)
    assert settled["exclusions"] == [{"event": "refund", "from_step": 0, "to_step": 1}]
    assert settled["attribution_step"] == 0
    assert query_from_json(completed(settled))
    assert "exclusions" not in settle(left | {"steps": [{"event": "visit"}]})


@pytest.mark.parametrize(
    ("matcher", "names"),
    [({"event": "a"}, ["a"]), ({}, ["*"]), ({UNSET: True}, []), (None, []), ({"any_of": [{"event": "a"}, {}]}, ["a", "*"])],
)
def test_a_matcher_says_its_events(matcher, names):
    assert chosen_events(matcher) == names


def test_a_tenant_begins_with_a_funnel_of_its_own_events():
    assert first_funnel([*TEMPLATES[1].events, "other"]) == TEMPLATES[1].question()
    assert [step.event for step in first_funnel(["page_view", "buy", "x"]).steps] == ["page_view", "buy"]
    assert len(first_funnel([]).steps) == 1
    assert fitting_templates([]) == ()


@pytest.mark.parametrize("view", ["", "2", "4", "9", "x"])
def test_every_panel_asks_something_that_can_be_asked(view):
    for panel in funnel_report(query_from_json(EVERYTHING), view).panels:
        assert query_from_json(panel.query.to_json()) == panel.query
    assert len(funnel_report(first_funnel([])).panels) == 5


def test_operators_are_said_without_what_stands_around_them():
    assert (operator_words("gte", "en"), operator_words("is_set", "fr")) == ("is at least", "est connu")
