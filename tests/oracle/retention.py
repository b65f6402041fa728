"""Retention cases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from analytics.kinds.retention import Retention
from analytics.period import Grain, Period, step
from data_access.clock import to_utc
from tests.oracle.load import Desk, instant
from tests.oracle.matchers import matcher, where


def answer(case: dict[str, Any], desk: Desk) -> Any:
    """The triangle, row by row, of all buckets asked for: one that has not begun by the last event holds nobody."""
    query = case["query"]
    frame = desk.ask(question(query, desk)).frame
    cells = {(row.cohort, row.offset): row.value for row in frame.itertuples()}
    starts = _starts(query, desk)
    known = {f"{row:%Y-%m-%d %H:%M}": row for row in frame["cohort"].unique()}
    rows = [known.get(f"{start:%Y-%m-%d %H:%M}") for start in starts]
    matrix = [[int(cells.get((row, j), 0)) for j in range(len(starts) - i)] for i, row in enumerate(rows)]
    found = {"matrix": matrix, "bucket_starts": _spelled(starts, case, desk)}
    return {key: value for key, value in found.items() if key in (case.get("expected") or found)}


def question(query: dict[str, Any], desk: Desk) -> Retention:
    grain, starts = query["period"], _starts(query, desk)
    following = starts[-1] + timedelta(hours=1) if grain == "hour" else _midnight(step(starts[-1].date(), Grain(grain)))
    more: dict[str, Any] = {}
    if grain == "hour":
        last = to_utc(following, desk.tenant.zone) - timedelta(microseconds=1)
        more = {"since": f"{to_utc(starts[0], desk.tenant.zone).isoformat()}Z", "until": f"{last.isoformat()}Z"}
    return Retention(
        subject="users",
        grain=grain,
        period=Period.between(starts[0].date(), (following - timedelta(microseconds=1)).date()),
        start_event=matcher(query["start"]),
        return_event=matcher(query["returning"]),
        mode=query["retention_type"],
        rolling=bool(query.get("rolling")),
        min_occurrences=query.get("min_occurrences") or 1,
        where=where(query.get("where"), query.get("where_also")),
        **more,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def _first(query: dict[str, Any], desk: Desk) -> datetime:
    """The start of the first bucket on the wall clock."""
    text = query["first_bucket"]
    if len(text) == len("2026-01-01"):
        return datetime.fromisoformat(text)
    return instant(text).astimezone(desk.tenant.zone).replace(tzinfo=None)


def _starts(query: dict[str, Any], desk: Desk) -> list[datetime]:
    first, grain = _first(query, desk), query["period"]
    if grain == "hour":
        return [first + timedelta(hours=i) for i in range(query["periods"])]
    return [_midnight(step(first.date(), Grain(grain), i)) for i in range(query["periods"])]


def _spelled(starts: list[datetime], case: dict[str, Any], desk: Desk) -> list[str]:
    """In the form that the case uses: days, or instants."""
    like = (case.get("expected") or {}).get("bucket_starts") or [""]
    if len(like[0]) == len("2026-01-01"):
        return [f"{start:%Y-%m-%d}" for start in starts]
    return [start.replace(tzinfo=desk.tenant.zone).isoformat() for start in starts]
