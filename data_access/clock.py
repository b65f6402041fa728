"""Instants as the warehouse keeps them: naive, UTC, microseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
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


@lru_cache(maxsize=256)
def offsets(zone: ZoneInfo, start: datetime, end: datetime) -> tuple[tuple[datetime, int], ...]:
    """The zone's offsets over the naive UTC instants [start, end), in time order: (until, seconds east of UTC)."""
    found: list[tuple[datetime, int]] = []
    at = start
    while at < end:
        following = min(at + timedelta(days=1), end)
        if _offset(zone, at) != _offset(zone, following):
            found.append((_change(zone, at, following), _offset(zone, at)))
        at = following
    return (*found, (end, _offset(zone, end)))


def _offset(zone: ZoneInfo, at: datetime) -> int:
    return int(at.replace(tzinfo=UTC).astimezone(zone).utcoffset().total_seconds())  # type: ignore[union-attr]


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first second at which the offset is that of `high`."""
    before = _offset(zone, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return high
