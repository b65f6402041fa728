"""The Segments page: list, editor, one segment; by whom; and every page within a segment."""

from __future__ import annotations

import pytest

from accounts import actors
from analytics.kinds.segment_members import SegmentMembers
from analytics.kinds.segment_size import SegmentSize
from analytics.matching import Matcher
from analytics.query import Scope
from analytics.run import run
from analytics.segments import saved
from analytics.segments.definition import Did, Group, Window
from analytics.segments.saved import Draft
from data_access.clock import utc_now
from reports.charts.effects import effects_table
from reports.charts.palette import SCREEN
from reports.drill import behind
from reports.library.segments import difference_panels, size_panel


def html(at):
    return "".join(block.value for block in at.get("html"))


@pytest.fixture
def kept(opened, store):
    alice = next(actors.by_id(store, one.id) for one in actors.every(store) if one.email.startswith("alice"))
    draft = Draft("Regulars <b>", Group(of=(Did(event=Matcher(), measure="days", amount=2, window=Window()),)))
    return saved.create(store, alice, draft, utc_now())


def test_without_any_it_says_what_one_is(opened):
    at = opened("alice", "segments")
    assert not at.exception
    assert "No segment yet" in html(at)


def test_the_list_leads_to_each(opened, kept):
    at = opened("alice", "segments")
    assert not at.exception
    assert "Regulars &lt;b&gt;" in html(at)
    assert f"segments?segment={kept.id}" in html(at)


@pytest.mark.parametrize(("who", "may"), [("alice", True), ("eve", False)])
def test_one_segment(opened, kept, who, may):
    at = opened(who, "segments", segment=kept.id)
    assert not at.exception
    assert "did anything on at least 2 days ever" in html(at)
    assert any(button.key == "segment_edit" for button in at.button) is may
    assert ("does not see single people" in html(at)) is not may


def test_sizes_and_differences_lead_to_their_people(opened, kept, store):
    opened("alice", "segments", segment=kept.id)
    alice, now = next(actors.by_id(store, one.id) for one in actors.every(store) if one.email.startswith("alice")), utc_now()

    def people(panel, **picked):
        return run(behind(panel, picked, Scope()), alice, now).totals["people"]

    members = run(SegmentSize(segment=kept.id), alice, now).value("segment_users")
    assert people(size_panel(kept.id, frozen=False), key="2026-01-05") == members > 0
    chart, table = difference_panels(kept.id, None)
    said = effects_table(run(chart.query, alice, now), table, SCREEN, "en")
    assert people(chart, cut="", what="") == members
    rows = [dict(zip((c.name for c in said.columns), row, strict=True)) for row in said.raw]
    for kind in ("country", "event"):
        row = next(row for row in rows if row["cut"] == kind and row["Segment"] not in ("0%", "0.0%", "100%"))
        assert float(row["Segment"].strip("%")) == pytest.approx(100 * people(table, **row) / members, abs=0.5)


def test_why_in_or_out_takes_an_e_mail(opened, kept, store):
    at = opened("alice", "segments", segment=kept.id)
    alice = next(actors.by_id(store, one.id) for one in actors.every(store) if one.email.startswith("alice"))
    known = run(SegmentMembers(segment=kept.id), alice, utc_now()).frame
    email = next(one for one in known["email"] if one)
    at.text_input(key=f"segment_person_{kept.id}").set_value(f" {email.upper()}").run()
    assert '<div class="vg-label">In the segment</div>' in html(at)
    at.text_input(key=f"segment_person_{kept.id}").set_value("nobody@nowhere.test").run()
    assert "there is nobody with the id or e-mail" in html(at)


@pytest.mark.parametrize("address", [{"segment": "0123456789abcdef"}, {"edit": "x' OR 1=1"}])
def test_what_is_not_there_is_said(opened, address):
    assert "There is no such segment" in html(opened("alice", "segments", **address))


def test_nobody_without_the_right_opens_it(opened, kept):
    assert "Not open to your role" in html(opened("bob", "segments", segment=kept.id))


def test_a_segment_is_made_in_the_editor(opened, store):
    at = opened("alice", "segments", new="1")
    assert "Choose what the first condition is about" in html(at)
    at.multiselect(key="edit_segment_new_definition_of_0_event_events").select("*").run()
    assert "did anything at least once in the last 30 days" in html(at)
    at.button(key="edit_segment_new_definition_of_nest").click().run()
    at.selectbox(key="edit_segment_new_definition_of_0_verb").set_value("stopped").run()
    assert "but not in the last 30 days" in html(at)
    at.text_input(key="edit_segment_new_name").set_value("Gone").run()
    at.button(key="segment_save").click().run()
    assert not at.exception
    assert [one.name for one in saved.listed(store, 1)] == ["Gone"]


def test_every_page_within_a_segment(opened, kept):
    at = opened("alice", "overview", segment=kept.id, compare="rest", period="7d")
    assert not at.exception
    assert "vs the rest" in html(at)
    assert at.button(key="chip_segment")
    ignored = opened("alice", "overview", segment="0123456789abcdef", period="7d")
    assert "there is no such segment" in html(ignored)


@pytest.mark.parametrize(("page", "compares"), [("retention", False), ("journeys", False), ("overview", True)])
def test_a_page_without_comparisons_offers_none_and_says_so(opened, kept, page, compares):
    at = opened("alice", page, segment=kept.id, compare="rest")
    assert not at.exception
    assert any(radio.key == "scope_compare" for radio in at.radio) is compares
    assert ("This page shows no comparison" in html(at)) is not compares
