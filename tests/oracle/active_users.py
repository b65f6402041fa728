"""Active users cases."""

from __future__ import annotations

from typing import Any

from analytics.kinds.aggregate import Aggregate
from tests.oracle.load import Desk, instant

GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}


def answer(case: dict[str, Any], desk: Desk) -> Any:
    """Distinct users of each bucket that has any, over all the case tells of."""
    return {name: _buckets(desk, grain, _span(case, desk)) for name, grain in GRAINS.items()}


def _span(case: dict[str, Any], desk: Desk) -> str:
    days = [instant(event[2]).astimezone(desk.tenant.zone).date() for event in case["events"]]
    return f"{min(days)}~{max(days)}" if days else "today"


def _buckets(desk: Desk, grain: str, period: str) -> dict[str, int]:
    frame = desk.ask(Aggregate(metrics=("active_users",), grain=grain, period=period, totals=False)).frame
    return {f"{row.bucket:%Y-%m-%d}": int(row.active_users) for row in frame.itertuples() if row.active_users}
