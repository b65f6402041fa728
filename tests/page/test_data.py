"""The Data page: each part opens, says what to do when there is nothing, and does what its buttons say."""

from __future__ import annotations

import re

import pytest

from accounts import write_keys
from accounts.actor import Tenant
from components import states
from components.data import aside, keys, names, plan, sources
from data_access.clock import utc_now
from data_access.settings import settings
from ingest import quarantine
from ingest.plan import Planned, Property, rows

NOTHING = {
    "sources": sources.NOTHING.en,
    "events": names.NOTHING.en,
    "plan": plan.NO_PLAN.en,
    "quarantine": aside.CLEAN.en,
    "keys": keys.NONE.en,
}


@pytest.fixture
def secret(monkeypatch):
    """Keys are kept encrypted with it."""
    monkeypatch.setenv("SECRET_KEY", "for-tests-only-0123456789abcdefghij")
    settings.cache_clear()
    yield
    settings.cache_clear()


def html(at) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


@pytest.mark.parametrize("part", NOTHING)
def test_each_part_says_what_to_do_when_there_is_nothing(opened_empty, part):
    at = opened_empty("alice", "data", part=part)
    assert not at.exception
    assert NOTHING[part] in html(at)


def test_events_are_listed_and_taken_into_the_plan(opened, store):
    at = opened("alice", "data", part="events")
    assert not at.exception
    assert "page_view" in html(at)
    at.multiselect(key="promote_names").select("page_view")
    next(button for button in at.button if button.label == names.ADD.en).click().run()
    assert not at.exception
    taken = rows.plan_of(store, 1)
    assert taken["page_view"].status == "draft"


def test_an_event_of_the_plan_is_changed_and_removed(opened, store):
    rows.save(store, 1, Planned("bought", "Paid", "growth", "active", (Property("plan", "text", True),)), by="x", now=utc_now())
    at = opened("alice", "data", part="plan")
    assert "bought" in html(at)
    at.selectbox(key="plan_event").select("bought").run()
    next(one for one in at.text_input if one.label == plan.OWNER.en).set_value("sales")
    next(button for button in at.button if button.label == plan.SAVE.en).click().run()
    assert not at.exception
    assert (rows.plan_of(store, 1)["bought"].owner, rows.plan_of(store, 1)["bought"].properties) == (
        "sales",
        (Property("plan", "text", True),),
    )
    at.button(key="plan_remove").click().run()
    assert rows.plan_of(store, 1) == {}


@pytest.mark.usefixtures("secret")
def test_a_key_is_made_shown_rotated_and_revoked(opened, store):
    at = opened("alice", "data", part="keys")
    next(one for one in at.text_input if one.label == keys.NAME.en).set_value("Web site")
    next(button for button in at.button if button.label == keys.MAKE.en).click().run()
    assert not at.exception
    (made,) = write_keys.listed(store, 1)
    shown = at.code[0].value
    key = re.search(r'data-key="(vgw_[^"]+)"', shown)
    assert key
    assert write_keys.active(store)[write_keys.digest(key[1])].id == made.id
    at.button(key="key_rotate").click().run()
    assert [one.name for one in write_keys.listed(store, 1)] == ["Web site", "Web site"]
    at.selectbox(key="key_id").select(made.id).run()
    at.button(key="key_revoke").click().run()
    assert {one.id: one.revoked_at is not None for one in write_keys.listed(store, 1)}[made.id]
    assert key[1] not in "".join(block.value for block in at.code)


def test_what_lies_in_quarantine_is_shown_as_it_was_sent_and_never_as_html(opened, store):
    entry = quarantine.Entry("vigie", "name must be a text", '{"name": "<img src=x onerror=alert(1)>"}', "m")
    quarantine.keep(store, 1, [entry], utc_now())
    quarantine.keep(store, 2, [quarantine.Entry("vigie", "of another company", "{}", "m2")], utc_now())
    at = opened("alice", "data", part="quarantine")
    assert "name must be a text" in html(at)
    assert "<img src=x" not in html(at)
    assert "of another company" not in html(at)
    at.button(key="aside_again").click().run()
    assert "does not take events" in html(at)


def test_live_is_quiet_in_words(opened_empty):
    at = opened_empty("alice", "live")
    assert not at.exception
    assert states.NOTHING.en in html(at)


def test_a_key_is_never_listed_for_another_company(opened, store):
    write_keys.create(store, Tenant(2, "globex", "Globex"), write_keys.NewKey("theirs"), b"s" * 32, now=utc_now())
    at = opened("alice", "data", part="keys")
    assert "theirs" not in html(at)
