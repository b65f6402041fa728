"""Paths cases."""

from __future__ import annotations

import re
from typing import Any

from analytics.kinds.paths import Item, Paths
from analytics.matching import Matcher
from tests.oracle.load import Desk
from tests.oracle.matchers import span, where

_RULE = re.compile(r"(\S+) -> props\.([^,;\s]+)")


def answer(case: dict[str, Any], desk: Desk) -> Any:
    query = case["query"]
    dates = span(query, desk)
    if dates is None:
        return []
    asked = Paths(
        events=tuple(Matcher(event=name) for name in query.get("include") or ()),
        items=tuple(Item(event=event, by=f"property.{key}") for event, key in _RULE.findall(query["item"])),
        start=query.get("start"),
        end=query.get("end"),
        max_steps=query["max_steps"],
        gap_seconds=query["session_gap_seconds"],
        limit=query["max_edges"],
        where=where(query.get("where"), query.get("where_also")),
        **dates,
    )
    return [
        {"source": row.source, "target": row.target, "value": int(row.paths), "average_conversion_time": row.mean_time}
        for row in desk.ask(asked).frame.itertuples()
    ]
