"""What a reader must know is drawn: once for the page where it is true of all, as a mark where it is true of one panel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.result import Warning
from components import page as page_module
from components import panel as panel_module
from reports.report import answer
from tests.page.test_pages import html

CODES = ["truncated", "no_rate", "not_applicable", "budget", "last_good", "stale", "partial"]


def warned(code: str):
    """The real answer with one more warning."""
    from accounts.language import Text

    def answered(panel, scope, actor, now):
        result = answer(panel, scope, actor, now)
        kept = tuple(w for w in result.warnings if w.code not in CODES)
        return replace(result, warnings=(*kept, Warning(code, Text(f"why “{code}”", f"pourquoi « {code} »"))))

    return answered


@pytest.mark.parametrize("code", CODES)
def test_each_kind_of_warning_is_a_mark_that_explains_itself(opened, monkeypatch, code):
    monkeypatch.setattr(panel_module, "answer", warned(code))
    at = opened("alice", "activity")
    assert not at.exception
    assert f'vg-flag-{code}" title="why “{code}”"' in html(at)


def test_headline_numbers_carry_the_marks_that_change_what_they_mean(opened, monkeypatch):
    monkeypatch.setattr(panel_module, "answer", warned("no_rate"))
    assert "vg-under" in html(opened("alice", "activity"))


@pytest.mark.parametrize(("code", "said"), [("last_good", "last good numbers"), ("stale", "No new data for more than a day")])
def test_old_numbers_are_said_once_for_the_page(opened, monkeypatch, code, said):
    monkeypatch.setattr(page_module, "answer", warned(code))
    at = opened("alice", "activity")
    assert html(at).count(said) == 1
    assert html(at).count('role="alert"') == 1


def test_a_page_in_good_order_has_no_banner(opened, monkeypatch):
    monkeypatch.setattr(page_module, "answer", warned("partial"))
    assert 'role="alert"' not in html(opened("alice", "activity"))
