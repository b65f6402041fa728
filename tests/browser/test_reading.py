"""What a careful reader does: filters by hand, the keyboard, the way back, every kind of click; and what axe-core finds."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium"),
]
AXE = "axe-core@4.14.1"
# What Streamlit draws itself and no style sheet can mend: its navigation wraps the list's items in a section header.
STREAMLIT = re.compile(r"stSidebarNav|stSidebarNavItems|<li class=\"st-emotion-cache")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's source from the package registry; nothing of it is kept in the repository."""
    folder = tmp_path_factory.mktemp("axe")
    if not shutil.which("npm"):
        pytest.skip("needs the program npm, to fetch axe-core")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not bring {AXE} within a minute")
    if done.returncode:
        pytest.skip(f"npm could not bring {AXE}: {done.stderr.strip()[-200:]}")
    return (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")


def violations(page: Any, axe: str) -> list[str]:
    """Serious and critical ones that are ours."""
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    bad = [(v["id"], node) for v in found if v["impact"] in ("serious", "critical") for node in v["nodes"]]
    return [f"{name}: {node['html'][:160]}" for name, node in bad if not STREAMLIT.search(node["html"])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_passes_axe(reader, axe, scheme):
    one = reader(color_scheme=scheme, bypass_csp=True)
    one.page.goto(one.address + "/overview")
    one.page.get_by_label("E-mail").wait_for()
    said = {"sign-in": violations(one.page, axe)}
    one.sign_in("/overview")
    for page in ("overview", "revenue", "activity"):
        one.page.goto(f'{one.address}/{page}?filters=[["is","country",["FR"]]]')
        one.drawn()
        one.page.wait_for_selector("svg.marks")
        said[page] = violations(one.page, axe)
    one.page.goto(one.address + "/account")
    one.page.locator(".st-key-card_sessions dl").wait_for()
    said["account"] = violations(one.page, axe)
    assert {page: found for page, found in said.items() if found} == {}


def test_a_property_filter_is_written_by_hand(reader):
    one = reader()
    one.sign_in("/activity")
    before = one.numbers()
    one.page.get_by_role("button", name=re.compile("Filters")).click()
    one.page.get_by_role("combobox", name=re.compile("Filter on")).click()
    one.page.get_by_role("option", name="Event property…").click()
    one.page.get_by_label("Property", exact=True).fill("theme")
    one.page.get_by_label("Value", exact=True).fill("dark")
    one.page.keyboard.press("Tab")
    one.page.get_by_role("button", name="Add the filter").click()
    one.until_not(before)
    assert "property.theme" in one.page.url
    assert "is dark" in one.page.locator(".st-key-chip_0 button").first.inner_text()


def test_a_chip_is_removed_with_the_keyboard(reader):
    one = reader()
    one.sign_in('/activity?filters=[["is","country",["FR"]],["is","device",["mobile"]]]')
    filtered = one.numbers()
    one.page.locator(".st-key-chip_0 button").first.focus()
    one.page.keyboard.press("Enter")
    one.until_not(filtered)
    one.page.locator(".st-key-chip_1").wait_for(state="detached")
    assert "device" in one.page.url
    assert "country" not in one.page.url


def test_the_way_back_brings_the_last_view_back(reader):
    one = reader()
    one.sign_in("/activity")
    before = one.numbers()
    one.page.get_by_text("12W", exact=True).click()
    one.until_not(before)
    after = one.numbers()
    one.page.go_back()
    one.until_not(after)
    assert one.numbers() == before
    assert "period" not in one.page.url


CELLS = "svg.marks .mark-rect path"


def test_a_cohort_leads_to_the_customers_who_began_it(reader):
    one = reader()
    one.sign_in("/revenue")
    one.page.locator(f".st-key-card_customer_cohorts {CELLS}").first.wait_for()
    one.page.locator(f".st-key-card_customer_cohorts {CELLS}").first.click(position={"x": 4, "y": 4})
    dialog = one.page.get_by_role("dialog")
    dialog.locator(".vg-table tbody tr").first.wait_for()
    column = dialog.locator("th").all_inner_texts().index("Movement")
    assert set(dialog.locator(f"tbody td:nth-child({column + 1})").all_inner_texts()) == {"New"}


def test_an_hour_leads_to_what_happened_in_it(reader):
    one = reader()
    one.sign_in("/activity")
    one.page.locator(f".st-key-card_hours {CELLS}").nth(10).click()
    dialog = one.page.get_by_role("dialog")
    dialog.locator(".vg-table tbody tr").first.wait_for()
    assert "Weekday is Monday and Hour of day is 10" in dialog.locator(".vg-fact").first.inner_text()


def test_what_changed_leads_to_the_number(reader):
    one = reader()
    one.sign_in("/overview?period=12w")
    told = one.page.locator(".st-key-card_changed [class*=st-key-told_] button")
    told.first.wait_for()
    told.first.focus()
    one.page.keyboard.press("Enter")
    one.page.get_by_role("dialog").locator(".vg-meaning").wait_for()


def test_a_viewer_who_is_refused_has_somewhere_to_go(reader):
    one = reader()
    one.page.goto(one.address + "/overview")
    one.page.get_by_role("button", name=re.compile("Bob Peeters")).click()
    one.page.get_by_text("Not open to your role").wait_for()
    one.page.get_by_role("button", name="My account").click()
    one.page.wait_for_selector(".vg-head h1:text-is('Bob Peeters')")


@pytest.mark.parametrize("width", [1180, 1440])
def test_no_value_beside_a_bar_is_clipped(reader, width):
    one = reader(viewport={"width": width, "height": 1000})
    one.sign_in("/revenue")
    for card in ("mrr_by_plan", "mrr_by_country", "mrr_by_channel"):
        one.page.wait_for_selector(f".st-key-card_{card} svg.marks")
        over = one.page.evaluate(
            "card => { const svg = document.querySelector(`.st-key-card_${card} svg.marks`), edge = svg.getBoundingClientRect();"
            "return [...svg.querySelectorAll('text')].map(t => t.getBoundingClientRect())"
            ".filter(t => t.right > edge.right + 0.5 || t.left < edge.left - 0.5).length }",
            card,
        )
        assert over == 0
