"""Signing in and out in a real browser: the form, the cookie, the deep link, two languages, and a clean console."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import EXPECTED_404, ROOT, free_port, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own with the demonstration's people and no events; its address."""
    folder, port = tmp_path_factory.mktemp("door"), free_port()
    (folder / "demo.json").write_text('{"scale": "small", "end": "2026-01-01", "done": true}')
    env = {
        **os.environ,
        "DEMO_MODE": "true",
        "DATA_DIR": str(folder),
        "WAREHOUSE_URL": f"duckdb:///{folder}/warehouse.duckdb",
        "STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "PORT": str(port),
    }
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "cli.main", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            wait_for(f"http://localhost:{port}/readyz", server, folder / "log")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(15)


@pytest.fixture(scope="module")
def chromium(browser: Any) -> Any:
    return browser


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """A fresh browser that remembers what its console said and whatever left this machine."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.said, page.left = [], []
    page.on("console", lambda m: page.said.append(m.text) if m.type == "error" and "404" not in m.text else None)
    page.on("response", lambda r: page.said.append(f"{r.status} {r.url}") if r.status >= 400 and not EXPECTED_404.search(r.url) else None)
    page.on("request", lambda r: page.left.append(r.url) if not r.url.startswith(("http://localhost", "data:", "blob:")) else None)
    yield page
    assert page.said == []
    assert page.left == []
    context.close()


def sign_in(page: Any, email: str = "analyst@lumen.example", password: str = "lumen-analyst") -> None:
    page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill(email)
    page.get_by_label(re.compile("^(Password|Mot de passe)$")).fill(password)
    page.locator('[data-testid="stFormSubmitButton"] button').click()


def form(page: Any) -> Any:
    """The form of the sign-in, once what stood there before is gone: while a run replaces another, both can be in the page."""
    found = page.locator('[data-testid="stForm"]')
    expect(found).to_have_count(1, timeout=30_000)
    return found


def cookies(page: Any) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


def signed_in(page: Any, door: str, **who: str) -> None:
    page.goto(f"{door}/account")
    form(page).wait_for()
    with page.expect_response(lambda r: r.url.endswith("/session")) as exchanged:
        sign_in(page, **who)
    assert exchanged.value.status == 204
    page.locator(".st-key-sign_out").wait_for()


def test_a_deep_link_right_after_the_start_shows_no_page(chromium, door):
    """The very first run of a fresh process must not run a page's file without the door."""
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{door}/overview")
    form(page).wait_for()
    assert page.locator(".vg-head, .vg-tiles, [data-testid='stSidebarNav']").count() == 0
    context.close()


def test_the_deep_link_survives_the_sign_in_and_the_reload(visit, door):
    visit.goto(f"{door}/account?from=mail")
    form(visit).wait_for()
    assert visit.locator('[data-testid="stSidebarNav"]').count() == 0
    with visit.expect_response(lambda r: r.url.endswith("/session")):
        sign_in(visit)
    visit.get_by_role("heading", name="Anton Weber").wait_for()
    assert visit.url == f"{door}/account?from=mail"
    visit.reload()
    visit.get_by_role("heading", name="Anton Weber").wait_for()
    assert visit.url == f"{door}/account?from=mail"


def test_the_cookie_is_out_of_reach_of_scripts(visit, door):
    signed_in(visit, door)
    cookie = cookies(visit)["vigie_session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert "vigie" not in visit.evaluate("document.cookie")
    assert visit.evaluate("Object.keys(localStorage).concat(Object.keys(sessionStorage)).filter(k => /vigie|auth|token/i.test(k))") == []


def test_signing_out_is_final_even_for_a_copied_cookie(visit, door, chromium):
    signed_in(visit, door)
    copied = [cookie for cookie in visit.context.cookies() if cookie["name"].startswith("vigie")]
    with visit.expect_response(lambda r: r.url.endswith("/session/end")):
        visit.locator(".st-key-sign_out button").click()
    form(visit).wait_for()
    assert "vigie_session" not in cookies(visit)
    thief = chromium.new_context()
    thief.add_cookies(copied)
    page = thief.new_page()
    page.goto(f"{door}/account")
    form(page).wait_for()
    assert page.locator(".st-key-sign_out").count() == 0
    thief.close()


def test_a_second_sign_in_in_the_same_tab_works(visit, door):
    signed_in(visit, door)
    visit.locator(".st-key-sign_out button").click()
    form(visit).wait_for()
    with visit.expect_response(lambda r: r.url.endswith("/session")):
        sign_in(visit, "viewer@lumen.example", "lumen-viewer")
    visit.get_by_role("heading", name="Bob Peeters").wait_for()
    visit.reload()
    visit.get_by_role("heading", name="Bob Peeters").wait_for()


def test_wrong_and_unknown_say_the_same(visit, door):
    visit.goto(door)
    form(visit).wait_for()
    for email in ("analyst@lumen.example", "nobody@lumen.example"):
        sign_in(visit, email, "wrong password")
        visit.get_by_text("The address or the password is not right.").wait_for()


def test_a_page_above_ones_rights_says_so_by_its_address_too(visit, door):
    signed_in(visit, door, email="viewer@lumen.example", password="lumen-viewer")
    assert visit.locator('[data-testid="stSidebarNav"]').get_by_text("Revenue").count() == 0
    visit.goto(f"{door}/revenue")
    visit.get_by_text("Not open to your role").wait_for()
    assert visit.locator("canvas, .vega-embed, .vg-tiles").count() == 0


def test_one_click_signs_a_demonstration_person_in(visit, door):
    visit.goto(f"{door}/account")
    with visit.expect_response(lambda r: r.url.endswith("/session")):
        visit.get_by_role("button", name="Anton Weber").click()
    visit.get_by_role("heading", name="Anton Weber").wait_for()


def test_the_language_follows_the_browser_and_can_be_switched(chromium, door):
    context = chromium.new_context(locale="fr-CA")
    page = context.new_page()
    page.goto(f"{door}/account")
    page.get_by_role("heading", name="Connexion").wait_for()
    page.get_by_role("button", name="English").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    context.close()


def test_a_changed_password_ends_the_other_browsers_and_keeps_this_one(visit, door, chromium):
    who = {"email": "executive@allo.example", "password": "allo-executive"}
    elsewhere = chromium.new_context().new_page()
    signed_in(elsewhere, door, **who)
    signed_in(visit, door, **who)
    for label, value in (
        ("Mot de passe actuel", who["password"]),
        ("Nouveau mot de passe, au", "another good one"),
        ("Nouveau mot de passe, encore", "another good one"),
    ):
        visit.get_by_label(re.compile(label)).fill(value)
    with visit.expect_response(lambda r: r.url.endswith("/session")):
        visit.get_by_role("button", name="Changer le mot de passe").click()
    visit.get_by_text("Votre mot de passe est changé").wait_for()
    visit.reload()
    visit.get_by_role("heading", name="Chloé Bernard").wait_for()
    elsewhere.reload()
    form(elsewhere).wait_for()
    elsewhere.context.close()
