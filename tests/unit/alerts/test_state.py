"""The state machine as a timeline: readings every five minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alerts.state import CALM, Policy, Reading, State, judge

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTES = timedelta(minutes=5)
BREACH, CLEAR, ABSENT, FAILED = Reading.BREACH, Reading.CLEAR, Reading.ABSENT, Reading.FAILED


def story(policy, *readings):
    standing, told = CALM, []
    for turn, reading in enumerate(readings):
        standing, change = judge(standing, reading, policy, START + turn * MINUTES)
        told.append((standing.state.value, change.reason if change else None))
    return standing, told


def states(policy, *readings):
    return [state for state, _ in story(policy, *readings)[1]]


def test_a_breach_fires_once_it_has_lasted():
    policy = Policy(pending=2 * MINUTES)
    assert states(policy, BREACH, BREACH, BREACH, CLEAR) == ["pending", "pending", "firing", "inactive"]
    assert states(policy, BREACH, CLEAR, BREACH, BREACH) == ["pending", "inactive", "pending", "pending"]


def test_it_fires_on_for_a_while_so_that_a_flapping_value_is_one_incident():
    policy = Policy(keep=2 * MINUTES)
    assert states(policy, BREACH, CLEAR, BREACH, CLEAR, CLEAR, CLEAR) == ["firing"] * 5 + ["inactive"]
    standing, _ = story(policy, BREACH, CLEAR, BREACH)
    assert (standing.since, standing.clear_since) == (START, None)


@pytest.mark.parametrize(("meaning", "expected"), [("clear", "inactive"), ("keep", "firing"), ("breach", "firing")])
def test_what_no_data_means_is_the_rules_choice(meaning, expected):
    standing, _ = story(Policy(no_data=meaning), BREACH, ABSENT)
    assert standing.state.value == expected
    assert standing.cause == ("no_data" if meaning == "breach" else "condition")


def test_no_data_from_the_start_fires_under_its_own_name_where_it_should():
    standing, told = story(Policy(no_data="breach", pending=MINUTES), ABSENT, ABSENT)
    assert (standing.state, standing.cause) == (State.FIRING, "no_data")
    assert [state for state, _ in told] == ["pending", "firing"]


def test_a_question_that_fails_neither_fires_nor_resolves_by_default():
    assert states(Policy(), FAILED, BREACH, FAILED, CLEAR) == ["inactive", "firing", "firing", "inactive"]
    assert story(Policy(error="breach"), FAILED)[0].cause == "error"


def test_every_change_has_a_reason_and_nothing_else_does():
    _, told = story(Policy(pending=MINUTES), BREACH, BREACH, BREACH, CLEAR, CLEAR)
    assert [bool(reason) for _, reason in told] == [True, True, False, True, False]
    assert told[0][1] == "breach: fires if it lasts 0:05:00"
