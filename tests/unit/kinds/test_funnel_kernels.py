"""The funnel kernels against every possibility, on small random logs: ties, repeats, expiry, restarts, overlapping steps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.kernels.attempts import NEVER, Exclusion, Plan, first_only, levels, starts, voided
from analytics.kernels.instants import instants
from analytics.kernels.ordered import ordered
from analytics.kernels.outcome import outcome
from analytics.kernels.strict import strict
from analytics.kernels.unordered import unordered
from tests.unit.kinds.reference import Happened, Person, Rules, person

UNIT = 1_000_000  # a second: times of results are in seconds


@st.composite
def rules(draw, order):
    steps = draw(st.integers(1, 4))
    optional = [False] + [order == "ordered" and draw(st.booleans()) for _ in range(steps - 1)]
    later = [False] + [order == "ordered" and draw(st.booleans()) for _ in range(steps - 1)]
    pairs = [(a, b) for a in range(steps) for b in range(a + 1, steps)]
    exclusions = draw(st.lists(st.sampled_from(pairs), max_size=2)) if pairs else []
    window, entry = draw(st.integers(1, 7)), draw(st.sampled_from(["every", "every", "first_in_period"]))
    return Rules(steps, window, tuple(later), tuple(optional), tuple(exclusions), order, entry)


@st.composite
def logs(draw, rule, longest):
    """Each user's events: of a few kinds, so that steps share events and repeats are frequent."""
    step_sets = st.frozensets(st.integers(0, rule.steps - 1), max_size=2)
    excluding = st.frozensets(st.integers(0, max(len(rule.exclusions) - 1, 0)), max_size=1 if rule.exclusions else 0)
    kinds = draw(st.lists(st.tuples(step_sets, excluding), min_size=1, max_size=5))
    event = st.builds(lambda time, kind: Happened(time, *kind), st.integers(0, 8), st.sampled_from(kinds))
    return draw(st.lists(st.lists(event, max_size=longest), min_size=1, max_size=3))


@st.composite
def situations(draw, order, longest):
    rule = draw(rules(order))
    return rule, draw(logs(rule, longest))


def plan(rule):
    exclusions = tuple(Exclusion(rule.steps + i, a, b) for i, (a, b) in enumerate(rule.exclusions))
    return Plan(rule.steps, rule.window * UNIT, rule.later, rule.optional, exclusions)


def flat(users):
    rows = []
    for user, log in enumerate(users):
        rows += [(user, event) for event in sorted(log, key=lambda e: e.time)]
    who = np.array([user for user, _ in rows], np.int64)
    time = np.array([event.time * UNIT for _, event in rows], np.int64)
    return who, time, [event for _, event in rows]


def bits(events, steps):
    values = [sum(1 << s for s in e.steps) + sum(1 << (steps + x) for x in e.excludes) for e in events]
    return np.array(values, np.int64)


def walked(rule, users):
    """Each user's Person by the kernels."""
    who, time, events = flat(users)
    marks, how = bits(events, rule.steps), plan(rule)
    found = instants(who, time, marks, rule.steps)
    begun = starts(found, marks, (1 << rule.steps) - 1 if rule.order == "unordered" else 1, rule.steps)
    if rule.entry == "first_in_period":
        begun = first_only(found, begun)
    if rule.order == "unordered":
        tried = unordered(found, begun, how, marks)
    else:
        tried = (ordered if rule.order == "ordered" else strict)(found, begun, how)
    assert len(levels(tried, how)) == len(tried)
    tried = tried.take(~voided(found, tried, how))
    result = outcome(found, tried, how, found.who[tried.start])
    return {int(user): _person(result, i) for i, user in enumerate(result.who)}


def _person(result, i):
    filled = frozenset(k for k, row in enumerate(result.at) if row[i] != NEVER)
    mean = {k: float(row[i]) for k, row in enumerate(result.mean) if not math.isnan(row[i])}
    median = {k: float(row[i]) for k, row in enumerate(result.median) if not math.isnan(row[i])}
    return Person(int(result.level[i]), filled, mean, median)


def close(left, right):
    return left.keys() == right.keys() and all(left[k] == pytest.approx(right[k]) for k in left)


def same(rule, users):
    expected = {user: one for user, log in enumerate(users) if (one := person(log, rule)) is not None}
    got = walked(rule, users)
    assert got.keys() == expected.keys()
    for user, one in expected.items():
        assert (got[user].level, got[user].filled) == (one.level, one.filled), user
        assert close(got[user].mean, one.mean)
        assert close(got[user].median, one.median)


A, B, C = frozenset({0}), frozenset({1}), frozenset({2})
AB, BC = A | B, B | C


def plain(steps, window=5, order="ordered", **more):
    return Rules(steps, window, (False,) * steps, (False,) * steps, order=order, **more)


@settings(max_examples=150)
@given(situations("ordered", 7))
@example((plain(3), [[Happened(1, A), Happened(1, C), Happened(1, B)]]))  # a tie fills steps in any order
@example((plain(2), [[Happened(1, AB)]]))  # one event fills one step
@example((plain(2), [[Happened(1, AB), Happened(1, AB)]]))
@example((plain(2, window=3), [[Happened(0, A), Happened(3, B)]]))  # the window's end is inside
@example((Rules(3, 5, (False,) * 3, (False, True, False)), [[Happened(1, A), Happened(2, BC)]]))  # an optional step takes no other's event
@example((Rules(3, 5, (False,) * 3, (False, True, False)), [[Happened(1, A), Happened(2, BC), Happened(2, BC)]]))
def test_ordered(situation):
    same(*situation)


@settings(max_examples=150)
@given(situations("strict", 6))
@example((plain(3, order="strict"), [[Happened(1, A), Happened(1, B), Happened(2, B), Happened(3, C)]]))  # a leftover may come before
def test_strict(situation):
    same(*situation)


@settings(max_examples=150)
@given(situations("unordered", 6))
@example((plain(2, order="unordered"), [[Happened(1, AB), Happened(2, A)]]))
def test_unordered(situation):
    same(*situation)


@pytest.mark.parametrize("order", ["ordered", "strict", "unordered"])
def test_nobody(order):
    assert walked(plain(3, order=order), [[]]) == {}


@pytest.mark.parametrize("order", ["ordered", "strict", "unordered"])
@pytest.mark.parametrize("spread", [0, 1, 1000])
def test_a_million_events_by_one_user(order, spread):
    """Nothing grows with the square of a heavy user's events."""
    count = 1_000_000
    time = np.sort(np.arange(count, dtype=np.int64) * spread // 1000 * UNIT)
    marks = np.array([1, 2, 4, 8, 0], np.int64)[np.arange(count) % 5]
    who = np.zeros(count, np.int64)
    how = plan(plain(4, window=100, order=order))
    found = instants(who, time, marks, 4)
    begun = starts(found, marks, 15 if order == "unordered" else 1, 4)
    tried = (
        unordered(found, begun, how, marks) if order == "unordered" else {"ordered": ordered, "strict": strict}[order](found, begun, how)
    )
    result = outcome(found, tried, how, found.who[tried.start])
    assert len(result) == 1
    assert result.level[0] == 4
