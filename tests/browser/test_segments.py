"""A segment from its page to every other page, in a real browser."""

from __future__ import annotations

import re
import shutil

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]


def test_a_segment_narrows_a_page_and_can_be_taken_away(reader):
    one = reader()
    one.sign_in("/overview")
    one.page.goto(one.page.url.split("/overview")[0] + "/segments")
    one.page.get_by_role("link", name=re.compile("Power users")).click()
    one.page.get_by_role("button", name="Open the overview with it").click()
    one.page.wait_for_url(re.compile(r"/overview\?.*segment=[0-9a-f]{16}"))
    chip = one.page.locator(".st-key-chip_segment button").first
    assert "Only “Power users”" in chip.inner_text()
    one.page.wait_for_selector(".vg-tile .vg-value")
    narrowed = one.numbers()
    chip.click()
    one.until_not(narrowed)
    one.page.wait_for_function("() => !location.search.includes('segment')")
