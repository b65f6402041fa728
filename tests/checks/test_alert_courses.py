"""What an alert rule sees, against the same numbers asked as a page asks them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from accounts.actor import Actor
from alerts.rule import rule_from_json
from alerts.watch import Watching, courses
from analytics.kinds.aggregate import Aggregate
from analytics.period import Period
from demo.business import LUMEN
from tests.checks.conftest import NOW

DAYS = 20


def rule(query, value, **more):
    return rule_from_json(
        {"name": "x", "watched": {"query": query, "value": value}, "condition": {"kind": "threshold", "limit": 3}, **more}
    )


def watching(hours=24 * DAYS):
    return Watching(Actor("a", "A", LUMEN, frozenset({"admin"})), NOW, hours)


def test_the_hours_of_whole_days_sum_to_the_days(demo):
    course = courses(rule({"kind": "aggregate", "metrics": ["page_views"]}, "page_views"), watching())[""]
    local = NOW.astimezone(LUMEN.zone)
    assert course.at[-1] == np.datetime64(local.replace(tzinfo=None), "h")
    assert set(np.diff(course.at).astype(int)) == {1}
    days = course.at.astype("datetime64[D]")
    for back in (1, 5, DAYS - 1):
        day = (local - timedelta(days=back)).date()
        asked = demo.ask(Aggregate(metrics=("page_views",), period=Period.between(day, day)), LUMEN)
        assert course.values[days == np.datetime64(day)].sum() == asked.value("page_views")


def test_a_breakdown_makes_one_course_for_each_slice_beside_the_upstream(demo):
    watched = {"kind": "aggregate", "metrics": ["signups"], "by": ["country"]}
    upstream = {"query": {"kind": "aggregate", "metrics": ["page_views"]}, "value": "page_views"}
    found = courses(rule(watched, "signups", upstream=upstream, condition={"kind": "silence"}), watching())
    whole = courses(rule({"kind": "aggregate", "metrics": ["signups"]}, "signups"), watching())[""]
    assert len(found) > 3
    assert sum(course.values.sum() for course in found.values()) == whole.values.sum()
    assert len({course.above.sum() for course in found.values()}) == 1


def test_a_rate_does_not_add_and_has_no_value_where_nothing_happened(demo):
    course = courses(rule({"kind": "aggregate", "metrics": ["bounce_rate"]}, "bounce_rate"), watching())[""]
    assert not course.adds
    assert np.nanmax(course.window(48)) <= 1


def test_another_shape_is_asked_as_it_was_at_the_end_of_each_day(demo):
    query = {"kind": "stickiness", "event": {"any_of": [{"event": "page_view"}]}, "period": "7d", "grain": "day"}
    asked = rule(query, "people")
    course = courses(asked, watching(24 * 5))[""]
    assert (course.step, len(course)) == (24, 6)
    yesterday = NOW.astimezone(LUMEN.zone).replace(hour=0, minute=0)
    assert course.values[-2] == pytest.approx(demo.ask(asked.watched.query, LUMEN, yesterday).value("people"), nan_ok=True)
