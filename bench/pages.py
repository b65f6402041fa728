"""Pages as a reader meets them: real server, real Chromium, from the click to the last chart."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from demo.people import DEMO_ACTORS

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
RUNS = 5
TITLES = {"Overview": "/overview", "Revenue": "/revenue", "Activity": "/activity"}
# Drawn: the script has ended, the page bears its title, and every chart it holds has a canvas or drawing in it.
DRAWN = """title => {
  const app = document.querySelector('[data-testid=stApp]');
  const head = [...document.querySelectorAll('h1')].some(h => h.innerText.trim() === title);
  const charts = [...document.querySelectorAll('[data-testid=stVegaLiteChart]')];
  const full = charts.every(c => c.querySelector('canvas, svg'));
  return app && app.dataset.testScriptState === 'notRunning' && head && full && (title === 'Empty' || charts.length > 1);
}"""

CHANGED = f"before => document.querySelector('[data-testid=stMain]').innerText !== before && ({DRAWN})('Overview')"


@contextmanager
def served(path: Path) -> Iterator[str]:
    """The cockpit on a warehouse, in demo mode."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        given = {
            "WAREHOUSE_URL": f"duckdb:///{path}",
            "STORE_URL": f"sqlite:///{folder}/store.sqlite",
            "DATA_DIR": folder,
            "PORT": str(port),
        }
        Path(folder, "demo.json").write_text("{}")
        command = [str(Path(sys.executable).parent / "vigie"), "serve"]
        with running(command, {**os.environ, **given, "DEMO_MODE": "true"}, f"http://127.0.0.1:{port}/healthz"):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def empty_page() -> Iterator[str]:
    """A Streamlit page with a title and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "empty.py").write_text("import streamlit as st\nst.title('Empty')\n")
        port = free_port()
        command = [sys.executable, "-m", "streamlit", "run", "empty.py", "--server.port", str(port), "--server.headless", "true"]
        with running(command, dict(os.environ), f"http://127.0.0.1:{port}/_stcore/health", folder):
            yield f"http://127.0.0.1:{port}"


@contextmanager
def running(command: list[str], env: dict[str, str], ready: str, folder: str | None = None) -> Iterator[None]:
    process = subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(ready), 120)
        yield
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def until(done: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready within {seconds} s")
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def timed(page: Page, act: Callable[[], object], title: str) -> float:
    started = time.perf_counter()
    act()
    page.wait_for_function(DRAWN, arg=title, polling="raf", timeout=60_000)
    return time.perf_counter() - started


def median(measure: Callable[[], float]) -> float:
    measure()
    return statistics.median(measure() for _ in range(RUNS))


def sign_in(page: Page, base: str) -> None:
    person = next(p for p in DEMO_ACTORS if "admin" in p.roles)
    page.goto(base)
    page.locator("input[type=text]").first.fill(person.email)
    page.locator("input[type=password]").fill(person.password)
    page.keyboard.press("Enter")
    page.wait_for_function(DRAWN, arg="Overview", timeout=60_000)


def table(path: Path) -> Iterator[str]:
    with sync_playwright() as play, empty_page() as empty, served(path) as base:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        blank = median(lambda: timed(page, lambda: page.goto(empty), "Empty"))
        sign_in(page, base)
        yield "| from the click to the last chart, warm, median of 5 | seconds |"
        yield "|---|---|"
        yield f"| an empty Streamlit page, full load | {blank:.2f} |"
        for title, url in TITLES.items():
            yield f"| {title}, full load | {median(lambda t=title, u=url: timed(page, lambda: page.goto(base + u), t)):.2f} |"
        for title in TITLES:
            yield f"| switch to {title} inside the app | {median(lambda t=title: switched(page, t)):.2f} |"
        yield f"| change of the period on Overview | {filtered(page):.2f} |"
        browser.close()


def switched(page: Page, title: str) -> float:
    other = next(t for t in TITLES if t != title)
    timed(page, page.get_by_role("link", name=other).click, other)
    return timed(page, page.get_by_role("link", name=title).click, title)


def filtered(page: Page) -> float:
    timed(page, page.get_by_role("link", name="Overview").click, "Overview")
    spent = []
    for label in ("12W", "30D", "12W", "30D", "12W", "30D"):
        shown = page.locator("[data-testid=stMain]").inner_text()
        started = time.perf_counter()
        page.get_by_role("radio", name=label).or_(page.get_by_role("button", name=label, exact=True)).first.click()
        page.wait_for_function(CHANGED, arg=shown, polling="raf")
        spent.append(time.perf_counter() - started)
    return statistics.median(spent[1:])
