"""Somebody buys in the demonstration's shop, and somebody else watches it on Live, which is never reloaded."""

from __future__ import annotations

import shutil

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]
ALLO = ("admin@allo.example", "allo-admin")


def buy(page) -> None:
    """Sign up, look, book, be declined, pay."""
    page.get_by_role("link", name="Sign up").click()
    page.get_by_label("E-mail").fill("someone@example.org")
    page.get_by_label("Password, 8 characters or more").fill("long enough")
    page.get_by_role("button", name="Create the account").click()
    page.get_by_role("link", name="Find an expert").click()
    page.get_by_label("Subject").select_option("law")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Book a call").first.click()
    page.get_by_role("button", name="Go to payment").click()
    page.get_by_label("A card that is declined").check()
    page.get_by_role("button", name="Pay").click()
    page.get_by_text("The card was declined").wait_for()
    page.get_by_label("Bank transfer").check()
    page.get_by_role("button", name="Pay").click()
    page.get_by_text("Booked.").wait_for()
    page.evaluate("vigie.flush()")


def test_what_a_visitor_does_shows_on_live_without_a_reload(reader, cockpit):
    watcher, visitor = reader(), reader()
    watcher.page.goto(cockpit + "/live")
    watcher.page.get_by_label("E-mail").fill(ALLO[0])
    watcher.page.get_by_label("Password", exact=True).fill(ALLO[1])
    watcher.page.get_by_role("button", name="Sign in").click()
    watcher.page.wait_for_selector(".vg-head h1")
    watcher.page.evaluate("window.loadedOnce = true")
    visitor.page.goto(cockpit + "/demo/site")
    buy(visitor.page)
    latest = watcher.page.locator(".st-key-card_live_latest")
    for name in ("signup_success", "booking_search", "payment_error", "payment_success", "booking_complete"):
        latest.get_by_role("cell", name=name, exact=True).first.wait_for()
    assert watcher.page.evaluate("window.loadedOnce") is True
    assert int(watcher.numbers()[0].replace(",", "")) >= 1
