"""The page of funnels: it opens, is honest when empty, closed to who may not see it, and is what its address says."""

from __future__ import annotations

import orjson
import pytest

from accounts import actors, audit
from components import states
from components.analysis import address as addresses
from data_access.clock import utc_now
from reports import reasons, saved
from tests.page.test_pages import charts, html, values


def told(at, name: str) -> str | None:
    raw = at.query_params.get(name)
    return raw[0] if isinstance(raw, list) else raw


def question(at) -> dict:
    return orjson.loads(told(at, "q"))


def asked(*events: str, **more: object) -> str:
    return orjson.dumps({"kind": "funnel", "steps": [{"event": name} for name in events], **more}).decode()


def actor(store, name: str):
    return actors.by_id(store, next(a.id for a in actors.every(store) if a.email.startswith(name)))


FORM = asked("sign_up_started", "sign_up_completed", window=3)


def test_it_opens_on_a_funnel_that_suits_the_tenant(opened):
    at = opened("alice", "funnels", period="12m")
    assert not at.exception
    assert "<h1>Funnels</h1>" in html(at)
    assert at.multiselect(key="edit_funnels_steps_0_events").value == ["sign_up_started"]
    assert charts(at) == 6
    assert len(values(at)) == 4
    assert reasons.FAILED.en not in html(at)
    assert told(at, "q") is None


def test_another_business_begins_with_another_funnel(opened):
    at = opened("charlie", "funnels")
    assert at.multiselect(key="edit_funnels_steps_0_events").value == ["expert_search"]
    assert values(at)[0] != "0"


def test_an_empty_warehouse_says_what_to_do_next(opened_empty):
    at = opened_empty("alice", "funnels")
    assert not at.exception
    assert states.NOTHING.en in html(at)
    assert charts(at) == 0


def test_a_viewer_is_told_the_page_is_not_open(opened):
    assert reasons.FORBIDDEN.en in html(opened("bob", "funnels"))


def test_errors_are_left_out_for_who_may_not_read_them(opened, store):
    actors.set_roles(store, actor(store, "bob").id, ["executive"], utc_now())
    at = opened("bob", "funnels", period="12m")
    assert "What they did next" in html(at)
    assert "Errors they met" not in html(at)
    assert reasons.FORBIDDEN.en not in html(at)


def test_the_address_is_the_question_and_each_choice_writes_it(opened):
    at = opened("alice", "funnels", period="12m", q=FORM)
    assert not at.exception
    assert at.number_input(key="edit_funnels_window").value == 3
    before = values(at)
    at.multiselect(key="edit_funnels_steps_1_events").set_value(["sign_up_form_error", "sign_up_completed"]).run()
    assert question(at)["steps"][1] == {"any_of": [{"event": "sign_up_form_error"}, {"event": "sign_up_completed"}]}
    assert values(at) != before
    again = opened("alice", "funnels", period="12m", q=told(at, "q"))
    assert values(again) == values(at)


def test_a_step_that_is_not_chosen_yet_changes_nothing(opened):
    at = opened("alice", "funnels", period="12m", q=FORM)
    before = values(at)
    at.button(key="edit_funnels_steps_more").click().run()
    assert at.multiselect(key="edit_funnels_steps_2_events").value == []
    assert question(at)["steps"] == orjson.loads(FORM)["steps"]
    assert values(at) == before
    at.multiselect(key="edit_funnels_steps_2_events").set_value(["project_created"]).run()
    assert len(question(at)["steps"]) == 3


def test_a_filter_is_a_row_of_property_condition_and_values(opened):
    at = opened("alice", "funnels", period="12m", q=FORM)
    at.button(key="edit_funnels_steps_0_where_add").click().run()
    at.selectbox(key="edit_funnels_steps_0_where_values_0_what").set_value("browser").run()
    assert "where" not in question(at)["steps"][0]
    values_of = at.multiselect(key="edit_funnels_steps_0_where_values_0_values")
    assert "Safari" in values_of.options
    values_of.set_value(["Safari"]).run()
    assert question(at)["steps"][0]["where"]["values"] == [["is", "browser", ["Safari"]]]
    at.button(key="edit_funnels_steps_0_where_values_0_remove").click().run()
    assert "where" not in question(at)["steps"][0]


def test_steps_move_and_an_order_takes_what_it_cannot_have(opened):
    optional = orjson.dumps({"kind": "funnel", "steps": [{"event": "a"}, {"event": "b", "optional": True}, {"event": "c"}]}).decode()
    at = opened("alice", "funnels", q=optional)
    at.button(key="edit_funnels_steps_1_up").click().run()
    assert question(at)["steps"] == [{"event": "b"}, {"event": "a"}, {"event": "c"}]
    at.selectbox(key="edit_funnels_order").set_value("strict").run()
    assert question(at)["order"] == "strict"
    assert not at.exception


HOSTILE = ["{", "[" * 5_000, '{"kind":"retention"}', '{"kind":"funnel"}', asked("a", by=["' OR 1=1 --"]), '"' + "x" * 20_000 + '"', "null"]


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: raw[:24])
def test_a_question_that_cannot_be_read_is_a_notice_and_the_start(opened, raw):
    at = opened("alice", "funnels", q=raw)
    assert not at.exception
    assert "vg-notice" in html(at)
    assert at.multiselect(key="edit_funnels_steps_0_events").value == ["sign_up_started"]


def test_names_from_outside_are_shown_literally(opened):
    name = "<img src=x onerror=alert(1)> $x^2$ **b**"
    at = opened("alice", "funnels", q=orjson.dumps({"kind": "funnel", "steps": [{"event": name, "label": name}]}).decode())
    assert not at.exception
    assert "<img" not in html(at)


def keep(store, who: str, **more):
    data = {"name": "Form", "folder": "Growth", "query": orjson.loads(FORM), "scope": {"period": "12m"}, "page": "funnels"}
    return saved.create(store, actor(store, who), saved.content(data | more), utc_now())


def test_a_saved_analysis_opens_with_its_question_and_scope(opened, store):
    one = keep(store, "anna")
    at = opened("alice", "funnels", saved=one.id)
    assert not at.exception
    assert told(at, "period") == "12m"
    assert question(at) == orjson.loads(FORM)
    assert "<b" in html(at)
    assert "Form" in html(at)
    at.button(key="saved_star").click().run()
    assert saved.found(store, actor(store, "alice"), one.id).favourite
    at.number_input(key="edit_funnels_window").set_value(9).run()
    at.button(key="saved_save").click().run()
    assert saved.found(store, actor(store, "anna"), one.id).query["window"] == 9


def test_who_only_reads_saves_nothing_and_another_companys_is_not_there(opened, store):
    one = keep(store, "anna")
    at = opened("eve", "funnels", saved=one.id)
    assert not at.exception
    assert "Form" in html(at)
    assert [b for b in at.button if b.key in ("saved_save", "saved_delete")] == []
    strange = opened("charlie", "funnels", saved=one.id)
    assert addresses.GONE.en in html(strange)
    assert told(strange, "saved") is None
    assert audit.newest(store, 2)[0]["object"] == one.id
