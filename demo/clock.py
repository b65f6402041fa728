"""The calendar of a generation: instants are int64 microseconds since 1970 in UTC, days are int32 days since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
EPOCH = date(1970, 1, 1)
SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000


def micros(instant: datetime) -> int:
    """An aware datetime as microseconds since 1970 in UTC."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def day_number(day: date) -> int:
    return (day - EPOCH).days


@dataclass(frozen=True)
class Calendar:
    """From the first day of the books to the end of the day `end`, on the tenant's clock."""

    end: date
    zone: ZoneInfo
    event_days: int
    book_days: int

    @cached_property
    def stop(self) -> int:
        """The end of the last day: no instant is at or after this one."""
        return self.instant(day_number(self.end) + 1)

    @cached_property
    def events_from(self) -> int:
        return self.instant(day_number(self.end) - self.event_days + 1)

    @cached_property
    def books_from(self) -> int:
        return self.instant(day_number(self.end) - self.book_days + 1)

    def instant(self, day: int, seconds: int = 0) -> int:
        """The instant of a wall-clock time on a day."""
        return int(self.to_utc(np.array([day * DAY + seconds * SECOND], dtype=np.int64))[0])

    @cached_property
    def _changes(self) -> tuple[Whole, Whole]:
        """Instants at which the zone's offset changes, and the offset from each on (found to the quarter of an hour)."""
        first = datetime.combine(self.end - timedelta(days=self.book_days + 800), time(), UTC)
        hours = [first + timedelta(hours=h) for h in range(0, (self.book_days + 1600) * 24, 24)]
        offsets = [_offset(h, self.zone) for h in hours]
        edges = [(first, offsets[0])]
        for before, old, new in zip(hours, offsets, offsets[1:], strict=False):
            if old != new:
                quarters = (before + timedelta(minutes=minutes) for minutes in range(0, 1441, 15))
                edges.append(next((at, new) for at in quarters if _offset(at, self.zone) == new))
        return np.array([micros(at) for at, _ in edges]), np.array([offset for _, offset in edges])

    def offset(self, ts: Whole) -> Whole:
        """Microseconds that the tenant's clock is ahead of UTC at each instant."""
        at, offsets = self._changes
        return offsets[np.clip(np.searchsorted(at, ts, side="right") - 1, 0, None)]

    def to_utc(self, wall: Whole) -> Whole:
        """Wall-clock microseconds as instants; of a repeated hour the first, a skipped hour lands after the jump."""
        return wall - self.offset(wall - self.offset(wall - 2 * HOUR))

    def day(self, ts: Whole) -> npt.NDArray[np.int32]:
        """The tenant's calendar day of each instant."""
        return ((ts + self.offset(ts)) // DAY).astype(np.int32)


def _offset(instant: datetime, zone: ZoneInfo) -> int:
    offset = instant.astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1e6)


def weekday(day: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """0 is Monday."""
    return (day + 3) % 7


# Relative traffic of each hour of the day, in the visitor's own time.
HOURLY = np.array([2, 1, 1, 1, 1, 2, 4, 8, 16, 24, 27, 25, 18, 21, 26, 26, 24, 20, 15, 13, 13, 12, 9, 5], dtype=float)
WEEKLY = np.array([1.0, 1.0, 0.97, 0.95, 0.84, 0.36, 0.40])


def day_weight(day: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """How busy a day is, at most 1: the week's shape, quiet August and year's end."""
    dates = day.astype("datetime64[D]")
    month = dates.astype("datetime64[M]").astype(int) % 12
    of_month = (dates - dates.astype("datetime64[M]")).astype(int)
    season = np.where(month == 7, 0.80, 1.0) * np.where((month == 11) & (of_month >= 22), 0.55, 1.0)
    return WEEKLY[weekday(day)] * season


def seconds_of_day(rng: np.random.Generator, size: int) -> Whole:
    """Random microseconds since midnight, distributed like traffic over the hours."""
    table = np.repeat(np.arange(24), np.round(HOURLY / HOURLY.sum() * 4096).astype(int))
    return table[rng.integers(0, len(table), size)] * HOUR + rng.integers(0, HOUR, size)
