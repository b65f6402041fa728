"""Stickiness cases."""

from __future__ import annotations

from typing import Any

from analytics.kinds.stickiness import Stickiness
from tests.oracle.load import Desk
from tests.oracle.matchers import matcher, span, where


def answer(case: dict[str, Any], desk: Desk) -> Any:
    query = case["query"]
    dates = span(query, desk)
    if dates is None:
        return {"users_active_exactly_n_intervals": [], "total": 0}
    asked = Stickiness(
        event=matcher(query["step"]), grain=query["interval"], where=where(query.get("where"), query.get("where_also")), **dates
    )
    frame = desk.ask(asked).frame
    counts = [int(n) for n in frame["people"]]
    return {"users_active_exactly_n_intervals": counts, "total": sum(counts)}
