"""The real server over the small demonstration, a browser, and somebody at it: shared by every test here."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
EXPECTED_404 = re.compile(r"/_stcore/(health|host-config)$")  # how Streamlit's front end finds its server from a nested address
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ADMIN = ("admin@lumen.example", "lumen-admin")
EXECUTIVE = ("executive@lumen.example", "lumen-executive")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, server: subprocess.Popen[Any], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="package")
def cockpit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The real server over the small demonstration; its address."""
    folder, port = tmp_path_factory.mktemp("cockpit"), free_port()
    env = {
        **os.environ,
        "DEMO_MODE": "true",
        "DATA_DIR": str(folder),
        "WAREHOUSE_URL": f"duckdb:///{folder}/warehouse.duckdb",
        "STORE_URL": f"sqlite:///{folder}/store.sqlite",
        "PORT": str(port),
    }
    command = [sys.executable, "-m", "cli.main"]
    with (folder / "log").open("w") as log:
        subprocess.run([*command, "demo", "--scale", "small"], cwd=ROOT, env=env, stdout=log, stderr=log, check=True, timeout=300)
        server = subprocess.Popen([*command, "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            wait_for(f"http://localhost:{port}/readyz", server, folder / "log")
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(15)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield started
        started.close()


class Reader:
    """Somebody at a browser, and what their console said."""

    def __init__(self, browser: Any, address: str, **context: Any) -> None:
        self.address = address
        self.context = browser.new_context(locale="en-GB", **{"viewport": {"width": 1440, "height": 1000}, **context})
        self.page = self.context.new_page()
        self.said: list[str] = []
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda m: self.said.append(m.text) if m.type == "error" and "404" not in m.text else None)
        self.page.on("pageerror", lambda e: self.said.append(str(e)))
        self.page.on("response", self._answered)
        self.page.on("request", self._asked)

    def _answered(self, response: Any) -> None:
        if response.status >= 400 and not EXPECTED_404.search(response.url):
            self.said.append(f"{response.status} {response.url}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.said.append(f"left this machine: {request.url}")

    def sign_in(self, path: str, who: tuple[str, str] = ADMIN) -> None:
        self.page.goto(self.address + path)
        self.page.get_by_label("E-mail").fill(who[0])
        self.page.get_by_label("Password", exact=True).fill(who[1])
        self.page.get_by_role("button", name="Sign in").click()
        self.drawn()

    def drawn(self) -> None:
        """The head, the numbers and no run under way."""
        self.page.wait_for_selector(".vg-head h1")
        self.page.wait_for_selector(".vg-value")
        self.page.wait_for_function("() => !document.querySelector('[data-testid=stApp][data-test-script-state=running]')")

    def numbers(self) -> list[str]:
        return list(self.page.locator(".vg-value").all_inner_texts())

    def until_not(self, numbers: list[str]) -> None:
        shown = "[...document.querySelectorAll('.vg-value')].map(e => e.innerText).join()"
        self.page.wait_for_function(f"old => {shown} && {shown} !== old", arg=",".join(numbers))
        self.drawn()


@pytest.fixture
def reader(browser: Any, cockpit: str) -> Iterator[Any]:
    """`reader()` opens a browser of its own; at the end no console has complained and nothing left this machine."""
    opened: list[Reader] = []

    def open_one(**context: Any) -> Reader:
        opened.append(Reader(browser, cockpit, **context))
        return opened[-1]

    yield open_one
    for one in opened:
        one.context.close()
        assert one.said == []
