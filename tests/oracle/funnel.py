"""Funnel cases."""

from __future__ import annotations

import math
from typing import Any

from analytics.kinds.funnel import Funnel
from analytics.kinds.funnel_query import FunnelExclusion, FunnelStep
from analytics.kinds.people import People
from tests.oracle.load import Desk
from tests.oracle.matchers import matcher, span, where

ATTRIBUTIONS = {"first_touch": "first", "last_touch": "last", "all_events": "all", "step": "step"}


def answer(case: dict[str, Any], desk: Desk) -> Any:
    query = case["query"]
    dates = span(query, desk)
    if dates is None:
        return [] if query.get("breakdown") else {"steps": _nobody(query), "reached": {}}
    asked = question(query, dates)
    frame = desk.ask(asked).frame
    if not asked.by:
        return _shaped({"steps": _steps(frame), "reached": _reached(desk, asked, None)}, case.get("expected"))
    rows = []
    for words, part in frame.groupby(list(asked.by), sort=False):
        shown = ["Other"] if set(words) == {"Other"} else list(words)
        rows.append({"breakdown": shown, "steps": _steps(part), "reached": _reached(desk, asked, tuple(words))})
    return [_shaped(row, (case.get("expected") or [None])[0]) for row in rows]


def question(query: dict[str, Any], dates: dict[str, Any]) -> Funnel:
    breakdown = query.get("breakdown")
    more: dict[str, Any] = {}
    if breakdown:
        kind = "person." if breakdown["type"] == "person" else "property."
        more = {
            "by": tuple(kind + key for key in breakdown["properties"]),
            "attribution": ATTRIBUTIONS[breakdown.get("attribution") or "first_touch"],
            "attribution_step": breakdown.get("attribution_step") or 0,
            "limit": breakdown.get("limit") or 25,
        }
    return Funnel(
        steps=tuple(matcher(step, FunnelStep) for step in query["steps"]),
        order=query.get("order") or "ordered",
        window=int(query["window_seconds"]),
        window_unit="second",
        exclusions=tuple(
            matcher(x, FunnelExclusion, from_step=x["from_step"], to_step=x["to_step"]) for x in query.get("exclusions") or ()
        ),
        where=where(query.get("where"), query.get("where_also")),
        **dates,
        **more,
    )


def _exclusion(x: dict[str, Any]) -> FunnelExclusion:
    return matcher(x, FunnelExclusion, from_step=x["from_step"], to_step=x["to_step"])


def _steps(frame: Any) -> list[dict[str, Any]]:
    return [
        {"count": int(row.people), "average_conversion_time": _known(row.mean_time), "median_conversion_time": _known(row.median_time)}
        for row in frame.itertuples()
    ]


def _nobody(query: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"count": 0, "average_conversion_time": None, "median_conversion_time": None} for _ in query["steps"]]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _reached(desk: Desk, asked: Funnel, words: tuple[str, ...] | None) -> dict[str, int]:
    found = desk.ask(People(of=asked, period=asked.period, slice=words, limit=10_000)).frame
    return {row.external_id: int(row.reached) for row in found.itertuples()}


def _shaped(row: dict[str, Any], like: dict[str, Any] | None) -> dict[str, Any]:
    """Only what the case's form has: some state no times, or nobody by name."""
    if not isinstance(like, dict):
        return row
    steps = [{key: value for key, value in step.items() if key in like["steps"][0]} for step in row["steps"]]
    return {key: steps if key == "steps" else value for key, value in row.items() if key in like}
