"""Instants as the warehouse keeps them: naive, UTC, microseconds."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def to_utc(local: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """A wall-clock time in `zone` as a naive UTC instant; of a repeated hour the first, of a skipped hour
    the instant the clock jumped over it."""
    return local.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None)


def naive_utc(instant: datetime) -> datetime:
    """An aware instant as the warehouse stores it."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone: pass an aware datetime such as datetime.now(UTC)")
    return instant.astimezone(UTC).replace(tzinfo=None)


def utc_now() -> datetime:
    """The clock. Only entry points (a page, a route, a task, a command) call it; everything else is given `now`."""
    return datetime.now(UTC)
