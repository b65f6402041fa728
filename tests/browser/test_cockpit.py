"""The pages in a real browser: what changes when something is clicked, what a link brings back, and nothing on the console."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.browser.conftest import EXECUTIVE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]


def test_a_period_changes_the_address_and_the_numbers_and_a_reload_brings_both_back(reader):
    one = reader()
    one.sign_in("/overview")
    before = one.numbers()
    one.page.get_by_text("12W", exact=True).click()
    one.until_not(before)
    assert one.page.url.endswith("?period=12w")
    after = one.numbers()
    one.page.reload()
    one.drawn()
    one.until_not(before)
    assert one.numbers() == after
    assert "compared with" in one.page.locator(".vg-head p").inner_text()


def test_choices_go_along_to_the_next_page(reader):
    one = reader()
    one.sign_in("/overview?period=12w")
    one.page.get_by_role("link", name="Activity").click()
    one.page.wait_for_selector(".vg-head h1:text-is('Activity')")
    one.page.wait_for_url(re.compile(r"/activity\?period=12w$"))


def test_a_filter_is_a_sentence_that_can_be_taken_away(reader):
    one = reader()
    one.sign_in('/activity?filters=[["is","country",["FR"]]]')
    filtered = one.numbers()
    chip = one.page.locator(".st-key-chip_0 button").first
    assert "Country is France" in chip.inner_text()
    chip.click()
    one.until_not(filtered)
    one.page.wait_for_function("() => !location.search.includes('filters')")


def test_a_filter_is_added_by_hand(reader):
    one = reader()
    one.sign_in("/activity")
    before = one.numbers()
    one.page.get_by_role("button", name=re.compile("Filters")).click()
    one.page.get_by_role("combobox", name=re.compile("Values")).click()
    one.page.get_by_role("option", name="Team").click()
    one.page.keyboard.press("Tab")
    one.page.get_by_role("button", name="Add the filter").click()
    one.until_not(before)
    assert "filters=" in one.page.url


BARS = ".st-key-card_movements svg.marks path[aria-roledescription=bar]"


def test_a_click_on_a_month_opens_its_movements_and_again_after_closing(reader):
    one = reader()
    one.sign_in("/revenue")
    for _ in range(2):
        one.page.wait_for_selector(BARS)
        max(one.page.locator(BARS).all(), key=lambda bar: bar.bounding_box()["height"]).click()
        dialog = one.page.get_by_role("dialog")
        dialog.locator(".vg-table tbody tr").first.wait_for()
        assert "Customer" in dialog.locator("th").all_inner_texts()
        one.page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")


def test_an_executive_is_told_that_single_customers_are_not_theirs(reader):
    one = reader()
    one.sign_in("/revenue", EXECUTIVE)
    card = one.page.locator(".st-key-card_top_movements")
    card.get_by_text("Non ouvert à votre rôle").wait_for()


def test_a_number_opens_its_definition_its_course_and_its_parts(reader):
    one = reader()
    one.sign_in("/overview")
    one.page.get_by_role("button", name="MRR: details").click()
    dialog = one.page.get_by_role("dialog")
    dialog.locator(".vg-meaning").wait_for()
    dialog.locator("svg.marks").wait_for()
    dialog.locator(".vg-table tbody tr").first.wait_for()


def test_a_panel_and_a_page_can_be_taken_away(reader, tmp_path):
    one = reader()
    one.sign_in("/overview")
    one.page.locator(".st-key-menu_active_users button").click()
    with one.page.expect_download() as panel:
        one.page.get_by_role("button", name="CSV, raw numbers").click()
    panel.value.save_as(tmp_path / "panel.csv")
    lines = (tmp_path / "panel.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "bucket,active_users,active_users__previous"
    assert len(lines) == 31
    one.page.keyboard.press("Escape")
    with one.page.expect_download() as bundle:
        one.page.get_by_role("button", name="Export").click()
    assert bundle.value.suggested_filename.startswith("overview-")
    assert bundle.value.suggested_filename.endswith(".zip")


def test_the_language_is_switched_and_remembered(reader):
    one = reader()
    one.sign_in("/overview")
    one.page.get_by_text("FR", exact=True).click()
    one.page.wait_for_selector(".vg-head h1:text-is('Vue d’ensemble')")
    one.drawn()
    assert "\u202f" in "".join(one.numbers())
    one.page.reload()
    one.page.wait_for_selector(".vg-head h1:text-is('Vue d’ensemble')")
    one.page.get_by_text("EN", exact=True).click()
    one.page.wait_for_selector(".vg-head h1:text-is('Overview')")


@pytest.mark.parametrize("width", [390, 768, 1920])
def test_nothing_scrolls_sideways(reader, width):
    one = reader(viewport={"width": width, "height": 900})
    one.sign_in("/overview")
    for page in ("overview", "revenue", "activity"):
        one.page.goto(f"{one.address}/{page}")
        one.drawn()
        one.page.wait_for_selector("svg.marks")
        room = one.page.evaluate(
            "() => [document.documentElement, document.querySelector('[data-testid=stMain]')].map(e => e.scrollWidth - e.clientWidth)"
        )
        assert (page, room) == (page, [0, 0])


def test_a_dialog_is_readable_in_the_dark(reader):
    one = reader(color_scheme="dark")
    one.sign_in("/overview")
    one.page.get_by_role("button", name="MRR: details").click()
    cell = one.page.get_by_role("dialog").locator(".vg-table td:not(.vg-bar)").first
    cell.wait_for()
    assert cell.evaluate("e => getComputedStyle(e).color") == "rgb(233, 235, 239)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_browser(reader, scheme):
    one = reader(color_scheme=scheme)
    one.sign_in("/overview")
    page, card = (
        one.page.evaluate(f"() => getComputedStyle(document.querySelector('{where}')).backgroundColor") for where in (".stApp", ".vg-tile")
    )
    assert (page, card) == {"light": ("rgb(245, 247, 250)", "rgb(255, 255, 255)"), "dark": ("rgb(13, 16, 23)", "rgb(23, 27, 36)")}[scheme]


def test_markup_in_the_address_stays_text(reader):
    one = reader()
    one.sign_in('/activity?filters=[["is","property.x",["<img src=//evil.test/x> ![a](http://evil.test/y) $x$"]]]')
    assert "<img src=//evil.test/x> ![a](http:" in one.page.locator(".st-key-chip_0 button").first.inner_text()
    assert one.page.locator("img[src*=evil]").count() == 0
