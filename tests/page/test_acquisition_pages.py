"""Acquisition and Audience open, speak French, are honest when empty, and closed to who may not see them."""

from __future__ import annotations

import pytest

from accounts import actors
from accounts.language import Text
from components import states
from reports import reasons
from reports.library import REPORTS
from tests.page.test_pages import charts, html, values

PAGES = {"acquisition": Text("How good are they? By campaign", "Que valent-ils ? Par campagne"), "audience": Text("By city", "Par ville")}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_every_panel(opened, page):
    at = opened("alice", page)
    assert not at.exception
    assert f"<h2>{PAGES[page].en}</h2>" in html(at)
    assert len(values(at)) == 5
    assert charts(at) >= 8
    assert reasons.FAILED.en not in html(at)
    assert {panel.view for panel in REPORTS[page].panels} >= {"heat_table"}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_french(opened, store, page):
    actors.set_locale(store, next(a for a in actors.every(store) if a.email.startswith("alice")).id, "fr")
    assert f"<h2>{PAGES[page].fr}</h2>" in html(opened("alice", page))


def test_a_marketplace_sees_its_own_channels(opened):
    at = opened("charlie", "acquisition")
    assert not at.exception
    assert reasons.FAILED.en not in html(at)
    assert reasons.FAILED.fr not in html(at)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_warehouse_says_what_to_do_next(opened_empty, page):
    at = opened_empty("alice", page)
    assert states.NOTHING.en in html(at)
    assert charts(at) == 0


def test_a_viewer_is_told_the_page_is_not_open(opened):
    at = opened("bob", "acquisition")
    assert charts(at) == 0
    assert reasons.FORBIDDEN.en in html(at)


def test_the_address_says_how_to_attribute(opened):
    at = opened("alice", "acquisition", direct="last_resort", lookback="90", half_life="DROP TABLE")
    assert not at.exception
    assert "Up to 90 days before; half-life 7 days" in html(at)
    assert at.radio(key="attribution_direct").value == "last_resort"
    at.radio(key="attribution_lookback").set_value("7").run()
    assert at.query_params["lookback"] in ("7", ["7"])
    assert "Up to 7 days before" in html(at)
