"""Looking at a course by cron: which hours count, and what a rule would have fired."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from alerts.course import Course
from alerts.looking import due_times, looks, replayed
from alerts.rule import rule_from_json
from alerts.state import Reading

PARIS = ZoneInfo("Europe/Paris")
START = datetime(2026, 1, 5, tzinfo=PARIS)


def rule(condition, **more):
    watched = {"query": {"kind": "aggregate", "metrics": ["events"]}, "value": "events"}
    return rule_from_json({"name": "x", "watched": watched, "condition": condition, "every": "15 * * * *", **more})


def course(*values):
    return Course(np.datetime64("2026-01-05T00") + np.arange(len(values)) * np.timedelta64(1, "h"), np.array(values, float))


def seen(asked, of):
    instants = due_times(asked, PARIS, START, START + timedelta(hours=len(of)))
    return list(looks(asked.condition, of, instants, PARIS))


def test_an_unfinished_hour_counts_only_where_more_can_only_confirm_it():
    values = course(1, 9, 1)
    more = seen(rule({"kind": "threshold", "op": ">", "limit": 5}), values)
    assert [(look.at.hour, look.reading) for look in more] == [(0, Reading.CLEAR), (1, Reading.BREACH), (2, Reading.CLEAR)]
    less = seen(rule({"kind": "threshold", "op": "<", "limit": 5}), values)
    assert [(look.at.hour, look.reading) for look in less] == [(1, Reading.BREACH), (2, Reading.CLEAR)]
    assert (less[0].value, less[0].limit) == (1, 5)


def test_the_incidents_a_rule_would_have_had():
    asked = rule({"kind": "threshold", "op": ">", "limit": 5}, pending_minutes=60)
    found = replayed(asked, "FR", seen(asked, course(0, 6, 7, 20, 0, 8, 9)))
    hours = [(firing.started.hour, firing.fired.hour, firing.ended and firing.ended.hour, firing.worst) for firing in found]
    assert hours == [(1, 2, 4, 20), (5, 6, None, 9)]
    assert found[0].lasted(START) == timedelta(hours=2)
    assert found[1].lasted(START + timedelta(hours=10)) == timedelta(hours=3, minutes=45)


def test_due_times_follow_the_clocks_of_the_tenant():
    nine = rule({"kind": "threshold", "limit": 5}, every="0 9 * * *")
    spring = due_times(nine, PARIS, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    assert [due.astimezone(UTC).hour for due in spring] == [8, 7, 7]
