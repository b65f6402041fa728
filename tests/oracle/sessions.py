"""Sessions cases."""

from __future__ import annotations

from typing import Any

from analytics.kinds.sessions import Sessions
from tests.oracle.load import Desk


def answer(case: dict[str, Any], desk: Desk) -> Any:
    """Every session, in order of user and time."""
    rows: list[dict[str, Any]] = []
    total = 1
    while len(rows) < total:
        asked = Sessions(gap_seconds=case["query"]["gap_seconds"], period="all", order="user", offset=len(rows), limit=10_000)
        result = desk.ask(asked)
        total = result.extra["total"]
        rows += [_row(row) for row in result.frame.itertuples()]
        if result.frame.empty:
            break
    return rows


def _row(row: Any) -> dict[str, Any]:
    return {
        "user": row.user,
        "n": int(row.n),
        "start": f"{row.start:%Y-%m-%dT%H:%M:%SZ}",
        "end": f"{row.end:%Y-%m-%dT%H:%M:%SZ}",
        "events": int(row.events),
        "duration_seconds": int(row.duration_s),
    }
