"""The page of funnels: it opens, is honest when empty, closed to who may not see it, and is what its address says."""

from __future__ import annotations

import orjson
import pytest

from components import states
from reports import reasons
from tests.page.test_pages import charts, html, values


def address(at) -> dict:
    raw = at.query_params["q"]
    return orjson.loads(raw[0] if isinstance(raw, list) else raw)


def asked(*events: str, **more: object) -> str:
    return orjson.dumps({"kind": "funnel", "steps": [{"event": name} for name in events], **more}).decode()


def test_it_opens_on_a_funnel_that_suits_the_tenant(opened):
    at = opened("alice", "funnels", period="12m")
    assert not at.exception
    assert "<h1>Funnels</h1>" in html(at)
    assert at.multiselect(key="edit_funnels_steps_0_events").value == ["sign_up_started"]
    assert charts(at) == 6
    assert len(values(at)) == 4
    assert reasons.FAILED.en not in html(at)
