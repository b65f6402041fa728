"""Each page opens, is honest when empty, closed to who may not see it, and is what its address says."""

from __future__ import annotations

import re

import orjson
import pytest

from accounts.language import Text
from components import panel as panel_module
from components import states
from data_access.errors import QueryBudgetExceeded, WarehouseUnavailable
from reports import reasons
from reports.library import REPORTS
from reports.report import answer

PAGES = ("overview", "revenue", "activity")
TITLES = {"overview": Text("Overview", "Vue d’ensemble"), "revenue": Text("Revenue", "Revenus"), "activity": Text("Activity", "Activité")}


def html(at) -> str:
    """What the page says; dates are held together by no-break spaces and word joiners, which tests need not spell."""
    said = "\n".join(element.proto.body for element in at.get("html"))
    return said.replace("\u00a0", " ").replace("\u2060", "")


def charts(at) -> int:
    return len(at.get("vega_lite_chart"))


def values(at) -> list[str]:
    return re.findall(r'class="vg-value">([^<]*)<', html(at))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_charts_and_numbers(opened, page):
    at = opened("alice", page)
    assert not at.exception
    assert f"<h1>{TITLES[page].en}</h1>" in html(at)
    assert charts(at) >= 3
    assert len(values(at)) >= 5
    assert reasons.FAILED.en not in html(at)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_speaks_french(opened, store, page):
    from accounts import actors

    alice = next(a for a in actors.every(store) if a.email.startswith("alice"))
    actors.set_locale(store, alice.id, "fr")
    at = opened("alice", page)
    assert f"<h1>{TITLES[page].fr}</h1>" in html(at)
    assert "compared with" not in html(at)


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_warehouse_says_what_to_do_next(opened_empty, page):
    at = opened_empty("alice", page)
    assert not at.exception
    assert states.NOTHING.en in html(at)
    assert "vigie import" in html(at)
    assert charts(at) == 0


@pytest.mark.parametrize(("who", "page"), [("bob", "overview"), ("bob", "revenue"), ("bob", "activity")])
def test_a_viewer_is_told_the_page_is_not_open(opened, who, page):
    at = opened(who, page)
    assert not at.exception
    assert charts(at) == 0
    assert reasons.FORBIDDEN.en in html(at)


def test_nobody_sees_nothing(opened, store):
    from streamlit.testing.v1 import AppTest

    from tests.page.conftest import ROOT

    at = AppTest.from_file(str(ROOT / "pages/overview.py")).run()
    assert not at.exception
    assert html(at) == ""


def test_an_executive_sees_money_but_not_single_customers(opened):
    at = opened("eve", "revenue")
    assert len(values(at)) == 5
    assert reasons.FORBIDDEN.en in html(at)
    assert len(at.dataframe) == 0


def test_a_marketplace_sees_its_own_business(opened):
    at = opened("charlie", "overview")
    assert not at.exception
    assert "Net revenue retention" not in html(at)
    assert "MRR" not in html(at)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"period": "7d"}, "7D"),
        ({"period": "2026-01-01~2026-01-31"}, "1–31 Jan 2026"),
        ({"period": "last_month", "compare": "year"}, "compared with"),
    ],
)
def test_the_address_decides_the_period(opened, params, said):
    at = opened("alice", "overview", **params)
    assert not at.exception
    assert said in html(at) or at.segmented_control(key="scope_period").value == params["period"]


def test_no_comparison_leaves_out_changes(opened):
    at = opened("alice", "overview", compare="none")
    assert "compared with" not in html(at)
    assert 'class="vg-chip"' not in html(at)


def test_filters_in_the_address_become_chips_and_change_the_numbers(opened):
    everyone = values(opened("alice", "activity"))
    at = opened("alice", "activity", filters='[["is","country",["FR"]]]')
    assert values(at) != everyone
    assert at.button(key="chip_0").label == "Country is France"


def test_removing_a_chip_clears_the_address(opened):
    at = opened("alice", "activity", filters='[["is","country",["FR"]]]')
    at.button(key="chip_0").click().run()
    assert "filters" not in at.query_params
    assert not [b for b in at.button if (b.key or "").startswith("chip_")]


def test_choosing_a_preset_writes_the_address_and_the_numbers_follow(opened):
    at = opened("alice", "activity")
    before = values(at)
    at.segmented_control(key="scope_period").set_value("12w").run()
    assert at.query_params["period"] == ["12w"] or at.query_params["period"] == "12w"
    assert values(at) != before
    at.segmented_control(key="scope_period").set_value("30d").run()
    assert "period" not in at.query_params
    assert values(at) == before


HOSTILE = [
    {"period": "'; DROP TABLE events; --"},
    {"period": "0001-01-01~9998-12-31"},
    {"period": "9999y"},
    {"period": "2026-13-45~2026-99-99"},
    {"compare": "../../etc/passwd"},
    {"grain": "1 OR 1=1"},
    {"grain": "hour", "period": "12m"},
    {"filters": "{"},
    {"filters": '[["is","no_such_dimension",["x"]]]'},
    {"filters": '[["or 1=1","country",["x"]]]'},
    {"filters": '[["is","country",[null]]]'},
    {"filters": '[["is","country",[["x"]]]]'},
    {"filters": "[" * 5_000},
    {"filters": '[["is","country",["' + "x" * 9_000 + '"]]]'},
    {"filters": '[["is","country",[]]]'},
    {"filters": "NaN"},
]


@pytest.mark.parametrize("params", HOSTILE, ids=lambda p: str(p)[:48])
def test_a_hostile_address_gives_a_notice_and_the_default(opened, params):
    at = opened("alice", "activity", **params)
    assert not at.exception
    assert "vg-notice" in html(at)
    assert len(values(at)) == 5


@pytest.mark.parametrize("filters", ['[["is","country",["\' OR 1=1 --"]]]', '[["contains","page",["%\\"; DROP TABLE events;"]]]'])
def test_sql_in_a_filter_value_is_only_a_value(opened, filters):
    at = opened("alice", "activity", filters=filters)
    assert not at.exception
    assert reasons.FAILED.en not in html(at)


def test_a_filter_on_people_is_not_for_executives(opened):
    at = opened("eve", "revenue", filters='[["is","customer",["a1"]]]')
    assert "vg-notice" in html(at)


NAME = "<img src=x onerror=alert(1)> $x^2$ **b** :smile: [a](http://x)"


def test_markup_in_a_name_is_shown_literally(opened):
    at = opened("alice", "activity", filters=orjson.dumps([["is", "property.<b>x</b>", [NAME]]]).decode())
    assert not at.exception
    label = at.button(key="chip_0").label
    assert "\\<img" in label
    assert "\\$x" in label
    assert ":smile" not in label
    assert "<img" not in html(at)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (QueryBudgetExceeded(20), reasons.SLOW.en),
        (WarehouseUnavailable("gone"), reasons.DOWN.en),
        (RuntimeError("anything"), reasons.FAILED.en),
    ],
)
def test_one_failing_panel_leaves_the_others_standing(opened, monkeypatch, error, said):
    def answered(panel, scope, actor, now):
        if panel.name == "sessions":
            raise error
        return answer(panel, scope, actor, now)

    monkeypatch.setattr(panel_module, "answer", answered)
    at = opened("alice", "activity")
    assert not at.exception
    assert html(at).count(said) == 1
    assert charts(at) == len(REPORTS["activity"].panels) - 2


def test_the_warehouse_being_down_is_a_notice_never_a_traceback(opened, monkeypatch):
    from components import page as page_module

    def down(*_):
        raise WarehouseUnavailable("no answer")

    monkeypatch.setattr(page_module, "fitting", down)
    at = opened("alice", "overview")
    assert not at.exception
    assert reasons.DOWN.en in html(at)


def test_choices_follow_to_the_next_page(opened):
    at = opened("alice", "activity", period="12w")
    assert at.session_state["vigie_scope"] == {"period": "12w"}


def test_clicking_a_number_opens_its_definition_and_parts(opened):
    at = opened("alice", "activity")
    at.button(key="tile_activity_headlines_sessions").click().run()
    assert not at.exception
    assert "vg-meaning" in html(at)
    assert "vg-table" in html(at)
