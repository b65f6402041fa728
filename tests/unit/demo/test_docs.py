"""The demonstration's page says what the demonstration does."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.business import SCALES
from demo.people import DEMO_ACTORS
from demo.stories import REFERENCE_END, resolve

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "demo.md").read_text(encoding="utf-8")
ROWS = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}


@pytest.mark.parametrize("story", resolve(REFERENCE_END), ids=lambda story: story.name)
def test_each_plant_is_on_the_page_with_its_company_and_date(story):
    row = ROWS[story.name]
    assert story.tenant.name in row
    assert f"{story.start.astimezone(story.tenant.zone):%Y-%m-%d %H:%M}" in row


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda scale: scale.name)
def test_each_scale_is_on_the_page_with_its_size(scale):
    for number in (scale.users, scale.events, scale.customers, scale.bookings):
        assert f"{number:,}" in ROWS[scale.name]
    assert f"{scale.event_days} days" in ROWS[scale.name]


@pytest.mark.parametrize("actor", DEMO_ACTORS, ids=lambda actor: actor.email)
def test_each_person_is_on_the_page_with_their_password(actor):
    assert f"{actor.email} | `{actor.password}`" in PAGE
