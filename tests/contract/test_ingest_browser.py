"""A real page of another origin, in a real browser: what a visitor does is in the warehouse."""

from __future__ import annotations

import gzip
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from api.collect import SDK
from data_access import schema
from tests.contract.test_ingest_sdks import Server, server

__all__ = ["server"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = """<!doctype html><title>Pricing</title>
<form name="signup" onsubmit="return false"><input name="email" type="email" required><button>Go</button></form>
<a id="out" href="https://elsewhere.test/x?secret=1" onclick="event.preventDefault()">out</a>
<script defer src="{host}/sdk/vigie.js" data-key="{key}"></script>"""


def test_the_script_is_small_and_is_javascript():
    assert len(gzip.compress(SDK.read_bytes(), 9)) < 6 * 1024
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    assert subprocess.run([node, "--check", str(SDK)], check=False).returncode == 0


@pytest.fixture
def site(server: Server) -> Iterator[str]:
    body = PAGE.format(host=server.url, key=server.key).encode()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://localhost:{serving.server_port}"
    serving.shutdown()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_what_a_visitor_does_is_in_the_warehouse(server: Server, site: str, tmp_path: Path):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(locale="fr-FR")
        page.goto(f"{site}/pricing?utm_source=news&utm_medium=email", wait_until="load")
        page.fill("input[name=email]", "not an address")
        page.click("button")
        page.click("#out")
        page.evaluate("vigie.step('signup', 'success', {plan: 'pro'}); vigie.identify('u1', {plan: 'pro'})")
        page.evaluate("history.pushState({}, '', '/welcome')")
        page.evaluate("setTimeout(() => { throw new Error('boom') })")
        page.wait_for_timeout(50)
        page.close(run_before_unload=False)
        browser.close()
    events = server.rows(schema.events, 6)
    names = set(events["name"])
    assert {"page_view", "form_start", "outbound_link", "signup_success"} <= names
    first = events[(events["name"] == "page_view") & (events["path"] == "/pricing")].iloc[0]
    assert (first["channel"], first["source"], first["title"], first["language"]) == ("email", "news", "Pricing", "fr-FR")
    assert (first["device"], first["os"]) == ("desktop", "Linux")
    assert "/welcome" in set(events["path"])
    errors = server.rows(schema.form_errors, 1)
    assert errors[["form", "field", "message"]].to_numpy().tolist() == [["signup", "email", "typeMismatch"]]
    assert server.rows(schema.error_logs, 1)["message"].str.contains("boom").all()
    assert events["user_key"].nunique() == 1
    stored = orjson.dumps([*events["properties"], *errors["message"]])
    assert b"not an address" not in stored
    assert b"secret" not in stored
