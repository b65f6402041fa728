"""Alert cases: the pure state machine, with the policy "no data = inactive". They have no events and need no warehouse."""

from __future__ import annotations

import operator
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.state import CALM, Policy, Reading, judge

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne}
START = datetime(2026, 1, 1, tzinfo=UTC)


def answer(case: dict[str, Any]) -> list[str]:
    rule, every = case["rule"], timedelta(seconds=case["eval_interval_seconds"])
    policy = Policy(timedelta(seconds=rule["for_seconds"]), timedelta(seconds=rule["keep_firing_seconds"]), no_data="clear")
    standing, states = CALM, []
    for turn, value in enumerate(case["values"]):
        standing, _ = judge(standing, reading(rule, value), policy, START + turn * every)
        states.append(standing.state.value)
    return states


def reading(rule: dict[str, Any], value: float | None) -> Reading:
    if value is None:
        return Reading.ABSENT
    return Reading.BREACH if OPERATORS[rule["op"]](value, rule["threshold"]) else Reading.CLEAR
