"""Lifecycle cases."""

from __future__ import annotations

from typing import Any

from analytics.kinds.lifecycle import STATES, Lifecycle
from tests.oracle.load import Desk
from tests.oracle.matchers import matcher, span, where


def answer(case: dict[str, Any], desk: Desk) -> Any:
    query = case["query"]
    dates = span(query, desk)
    if dates is None:
        return {state: [] for state in STATES} | {"buckets": []}
    meant = Lifecycle(
        event=matcher(query["step"]),
        grain=query["interval"],
        where=where(query.get("where"), query.get("where_also")),
        period=dates["period"],
        until=dates["until"],
    )
    frame = desk.ask(meant).frame
    counts = {state: [int(n) for n in frame[state]] for state in STATES}
    return counts | {"buckets": [f"{bucket:%Y-%m-%d %H:%M:%S}" for bucket in frame["bucket"]]}
