"""A journey in a real browser: from a link of the diagram to its people, and on to the funnel of a path."""

from __future__ import annotations

import re
import shutil

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]


def test_a_link_leads_to_its_people_and_a_path_to_its_funnel(reader):
    one = reader()
    one.sign_in("/overview?period=12m")
    one.page.get_by_role("link", name="Journeys").click()
    one.page.locator(".st-key-card_journeys_flow [aria-roledescription='area mark container'] path").first.click()
    dialog = one.page.get_by_role("dialog")
    dialog.get_by_text("people", exact=False).first.wait_for()
    assert dialog.inner_text().startswith("From ")
    dialog.get_by_text("Funnel of this path").click()
    one.page.wait_for_url(re.compile("/funnels"))
    one.page.get_by_role("heading", name="Funnels").wait_for()
    assert "funnel" in one.page.url
    assert one.said == []
