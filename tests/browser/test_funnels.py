"""A funnel in a real browser: who is behind a bar, a question kept under a name, and a link that brings it back."""

from __future__ import annotations

import re
import shutil

import pytest
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]


def test_a_bar_leads_to_its_people_and_a_saved_funnel_comes_back_by_its_link(reader):
    one = reader()
    one.sign_in("/funnels?period=12m")
    one.page.locator(".st-key-card_funnel_steps [aria-roledescription='bar']").first.click()
    dialog = one.page.get_by_role("dialog")
    dialog.get_by_text("Came to step 1").wait_for()
    dialog.locator(".vg-table").first.wait_for()
    one.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    one.drawn()
    one.page.get_by_role("button", name="Add a step").click()
    one.page.get_by_text("until then this part does not count").wait_for()
    save = one.page.get_by_role("button", name="Save")
    expect(save).to_have_count(1, timeout=30_000)  # while a run replaces another, the button of each can be in the page
    save.click()
    one.page.get_by_label("Name", exact=True).fill("Form")
    one.page.locator("[data-testid=stFormSubmitButton] button").click()
    one.page.wait_for_url(re.compile(r"saved=\w{16}"))
    one.page.locator(".vg-saved b:text-is('Form')").wait_for()
    one.drawn()
    address = re.search(r"saved=\w{16}", one.page.url)[0]
    numbers = one.numbers()
    one.page.goto(f"{one.address}/funnels?{address}")
    one.drawn()
    one.page.locator(".vg-saved b:text-is('Form')").wait_for()
    assert one.numbers() == numbers
