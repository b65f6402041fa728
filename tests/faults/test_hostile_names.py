"""Names that are HTML, Markdown, LaTeX or an image elsewhere, in real data, on every page in a real browser: shown as they are;
nothing runs and no request leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from data_access.clock import utc_now
from data_access.store import open_store
from data_access.warehouse import open_warehouse
from ingest.writer import BatchWriter
from tests.browser.test_sign_in import free_port, wait_for
from tests.faults.conftest import rows
from tests.faults.screen import ROOT
from tests.faults.test_thin_data import at
from tests.people import ACME, PASSWORD, settle

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]
IMAGE = "http://evil.test/pixel.png"
NAMES = [
    f"<img src={IMAGE} onerror=window.stolen=1>",
    "<script>window.stolen=1</script>",
    f"![x]({IMAGE})",
    "[click](javascript:window.stolen=1) **bold** $\\frac{1}{2}$ :material/home: :smile:",
    f'"><svg onload=window.stolen=1><style>@import url({IMAGE})</style>',
    f'=HYPERLINK("{IMAGE}")',
]
PAGES = ("overview", "revenue", "activity")


def business() -> dict[str, list[dict[str, Any]]]:
    """Each name is a page, an event, a country, a plan, a channel, a provider and a customer."""
    facts: dict[str, list[dict[str, Any]]] = {"users": [], "events": [], "payments": [], "subscriptions": []}
    for n, name in enumerate(NAMES):
        who = {"country": name, "channel": name}
        facts["users"].append({"external_id": name, "name": name, "plan": name, "kind": "individual", **who})
        cut = {"user_id": name, **who}
        for day in range(1, 40):
            seen = dict.fromkeys(("page", "path", "device", "browser", "title", "label"), name)
            paid = {"type": "captured", "amount_minor": 1_000, "currency": "EUR", "provider": name}
            facts["events"].append({"ts": at(day, n), "name": "page_view" if day % 2 else name, **seen, **cut})
            facts["payments"].append({"ts": at(day, n), **paid, **cut})
        for day, change, cents in ((35, "start", 500), (5, "upgrade", 3_500)):
            plan = {"subscription_id": name, "change": change, "status": "active", "interval": "month", "plan": name, "currency": "EUR"}
            facts["subscriptions"].append({"ts": at(day, n), "amount_minor": cents, "mrr_minor": cents, **plan, **cut})
    return facts


@pytest.fixture(scope="module")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("hostile"), free_port()
    house = open_warehouse(f"duckdb:///{folder}/warehouse.duckdb")
    house.migrate()
    facts = business()
    BatchWriter(house, ACME).write({name: rows(*content) for name, content in facts.items()}, utc_now())
    house.close()
    store = open_store(f"sqlite:///{folder}/store.sqlite")
    settle(store, "alice", password=PASSWORD)
    store.dispose()
    urls = {"WAREHOUSE_URL": f"duckdb:///{folder}/warehouse.duckdb", "STORE_URL": f"sqlite:///{folder}/store.sqlite"}
    inherited = {name: value for name, value in os.environ.items() if name != "DEMO_MODE"}
    env = {**inherited, **urls, "DATA_DIR": str(folder), "SECRET_KEY": "for-tests-only-0123456789abcdefghij", "PORT": str(port)}
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([sys.executable, "-m", "cli.main", "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            wait_for(f"http://localhost:{port}/readyz", server, folder / "log")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(15)


@pytest.fixture(scope="module")
def reader(cockpit: str) -> Iterator[Any]:
    """Alice, signed in; whatever leaves this machine is in `left`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(locale="en-GB", viewport={"width": 1400, "height": 3200}).new_page()
        page.left = []
        page.on("request", lambda r: page.left.append(r.url) if not r.url.startswith(("http://localhost", "data:", "blob:")) else None)
        page.goto(f"{cockpit}/overview")
        page.get_by_label(re.compile("e-mail", re.IGNORECASE)).fill("alice@acme.test")
        page.get_by_label(re.compile("^Password$")).fill(PASSWORD)
        with page.expect_response(lambda r: r.url.endswith("/session")):
            page.locator('[data-testid="stFormSubmitButton"] button').click()
        page.locator(".vg-tiles").first.wait_for()
        yield page
        browser.close()


def harmless(page: Any) -> None:
    assert page.evaluate("window.stolen") is None
    assert page.locator('img[src*="evil.test"], a[href^="javascript"], .stMain script, .katex').count() == 0
    assert page.left == []


@pytest.mark.parametrize("name", PAGES)
def test_names_are_shown_and_never_run(reader: Any, cockpit: str, name: str) -> None:
    reader.goto(f"{cockpit}/{name}")
    reader.locator(".vg-tiles").first.wait_for()
    reader.locator("footer.vg-foot").wait_for()
    reader.locator('[data-testid="stVegaLiteChart"]').nth(1).wait_for()
    harmless(reader)
    assert reader.get_by_text("could not be drawn").count() == 0


def test_a_dialog_with_rows_shows_them_literally(reader: Any, cockpit: str) -> None:
    reader.goto(f"{cockpit}/revenue")
    reader.locator(".vg-tiles").first.wait_for()
    reader.locator('[class*="st-key-tile_"] button').first.click(force=True)
    reader.locator(".vg-table").first.wait_for()
    assert NAMES[0][:20] in reader.locator(".vg-table").first.inner_text()
    harmless(reader)


def test_a_filter_with_each_name_is_a_chip_that_says_it(reader: Any, cockpit: str) -> None:
    for name in NAMES:
        reader.goto(f"{cockpit}/activity?filters={quote(json.dumps([['is', 'page', [name]]]))}")
        chip = reader.locator('[class*="st-key-chip_0"] button').first
        chip.wait_for()
        assert name.split("[")[0][:12] in chip.inner_text()
        harmless(reader)
