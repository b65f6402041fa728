"""When: a relative or absolute period, resolved to half-open bounds from `now` and the tenant's calendar.

Text forms, used in URLs and JSON alike:

    today  yesterday  7d  30d  12w  6m  4q  2y      the last n complete days, weeks, months, quarters, years
    wtd  mtd  qtd  ytd                               from the start of the week, month, … to now
    last_week  last_month  last_quarter  last_year   the last complete one
    2026-01-01~2026-01-31                            from the first day to the last, both included
    all                                              everything up to now
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from accounts.actor import Tenant
from data_access.clock import to_utc


class Grain(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


UNITS = {"d": Grain.DAY, "w": Grain.WEEK, "m": Grain.MONTH, "q": Grain.QUARTER, "y": Grain.YEAR}
TO_DATE = {"today": Grain.DAY, "wtd": Grain.WEEK, "mtd": Grain.MONTH, "qtd": Grain.QUARTER, "ytd": Grain.YEAR}
COMPLETE = {
    "yesterday": Grain.DAY,
    "last_week": Grain.WEEK,
    "last_month": Grain.MONTH,
    "last_quarter": Grain.QUARTER,
    "last_year": Grain.YEAR,
}
EARLIEST = date(1970, 1, 1)
_COUNTED = re.compile(r"^([1-9]\d{0,3})([dwmqy])$")


class InvalidPeriod(ValueError):
    """The text of a period cannot be read; the message says which forms can."""


@dataclass(frozen=True)
class Resolved:
    """Half-open bounds. `first` and `last` are tenant days (`last` excluded); `start` and `end` the same
    bounds as naive UTC instants; `until` is min(end, now): how far data can reach. `partial` when until < end.
    `cut` marks a compared period that must be read only up to `until`, to match the elapsed part of a current one."""

    first: date
    last: date
    start: datetime
    end: datetime
    until: datetime
    cut: bool = False

    @property
    def partial(self) -> bool:
        return self.until < self.end

    @property
    def days(self) -> int:
        return (self.last - self.first).days


def floor(day: date, grain: Grain, week_start: int = 0) -> date:
    """The first day of the bucket that holds `day`."""
    match grain:
        case Grain.WEEK:
            return day - timedelta(days=(day.weekday() - week_start) % 7)
        case Grain.MONTH:
            return day.replace(day=1)
        case Grain.QUARTER:
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case Grain.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def step(day: date, grain: Grain, n: int = 1) -> date:
    """`day` moved by n buckets; month steps clip to the month's last day (31 January + 1 month = 28 or 29 February)."""
    if grain in (Grain.HOUR, Grain.DAY):
        return day + timedelta(days=n)
    if grain is Grain.WEEK:
        return day + timedelta(weeks=n)
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain] * n
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


@dataclass(frozen=True)
class Period:
    """A period as its text form; `Period("30d")`. Building one checks the text and raises InvalidPeriod."""

    text: str = "30d"

    def __post_init__(self) -> None:
        if not (self.text in TO_DATE or self.text in COMPLETE or self.text == "all" or _COUNTED.match(self.text)):
            self._days()

    @classmethod
    def between(cls, first: date, last: date) -> Period:
        """Both days included."""
        return cls(f"{first.isoformat()}~{last.isoformat()}")

    def _days(self) -> tuple[date, date]:
        try:
            first, last = (date.fromisoformat(part) for part in self.text.split("~"))
        except ValueError:
            raise InvalidPeriod(
                f"“{self.text[:40]}” is not a period: use 7d, 12w, 6m, mtd, qtd, ytd, last_month, all or 2026-01-01~2026-01-31"
            ) from None
        if last < first or first < EARLIEST or last.year > 9998:
            raise InvalidPeriod(f"the period {self.text} ends before it starts, or lies outside 1970 to 9998")
        return first, last

    def resolve(self, now: datetime, tenant: Tenant) -> Resolved:
        """Bounds from `now` (an aware instant) in the tenant's calendar."""
        today = now.astimezone(tenant.zone).date()
        first, last = self._bounds(today, tenant.week_start)
        return resolved(first, last, now, tenant)

    def _bounds(self, today: date, week_start: int) -> tuple[date, date]:
        if self.text in TO_DATE:
            first = floor(today, TO_DATE[self.text], week_start)
            return first, today + timedelta(days=1)
        if self.text in COMPLETE:
            last = floor(today, COMPLETE[self.text], week_start)
            return step(last, COMPLETE[self.text], -1), last
        if self.text == "all":
            return EARLIEST, today + timedelta(days=1)
        if counted := _COUNTED.match(self.text):
            unit = UNITS[counted[2]]
            last = floor(today, unit, week_start)
            return max(step(last, unit, -int(counted[1])), EARLIEST), last
        first, last = self._days()
        return first, last + timedelta(days=1)

    def previous(self, now: datetime, tenant: Tenant) -> Resolved:
        """The period of equal length just before; for a period to date, the same elapsed part of the one before.

        Whole calendar months, quarters and years step back by calendar, so November compares with October.
        """
        this = self.resolve(now, tenant)
        if self.text in TO_DATE:
            return _shifted_to_date(this, TO_DATE[self.text], now, tenant)
        unit, count = self._calendar_unit()
        if unit is not None:
            return resolved(step(this.first, unit, -count), this.first, now, tenant)
        return resolved(this.first - timedelta(days=this.days), this.first, now, tenant)

    def _calendar_unit(self) -> tuple[Grain | None, int]:
        if self.text in COMPLETE:
            return COMPLETE[self.text], 1
        counted = _COUNTED.match(self.text)
        return (UNITS[counted[2]], int(counted[1])) if counted else (None, 0)

    def year_before(self, now: datetime, tenant: Tenant) -> Resolved:
        """The same days one year earlier (29 February meets 28 February)."""
        this = self.resolve(now, tenant)
        last = step(this.last - timedelta(days=1), Grain.YEAR, -1) + timedelta(days=1)
        until = _same_clock(this, last, now, tenant) if this.partial else None
        return resolved(step(this.first, Grain.YEAR, -1), last, now, tenant, until)


def resolved(first: date, last: date, now: datetime, tenant: Tenant, until: datetime | None = None) -> Resolved:
    """Bounds of the days [first, last) in the tenant's zone; midnights that DST skips move to the first instant."""
    start = to_utc(datetime.combine(first, time()), tenant.zone)
    end = to_utc(datetime.combine(last, time()), tenant.zone)
    reach = to_utc(now.astimezone(tenant.zone).replace(tzinfo=None), tenant.zone, fold=now.astimezone(tenant.zone).fold)
    return Resolved(first, last, start, end, min(end, until or reach), until is not None and until < end)


def _shifted_to_date(this: Resolved, unit: Grain, now: datetime, tenant: Tenant) -> Resolved:
    first = step(this.first, unit, -1)
    last = min(first + timedelta(days=this.days), this.first)
    return resolved(first, last, now, tenant, _same_clock(this, last, now, tenant))


def _same_clock(this: Resolved, last: date, now: datetime, tenant: Tenant) -> datetime:
    """The instant on the last day before `last` at which the tenant's clock shows the same time as now."""
    clock = now.astimezone(tenant.zone).time().replace(tzinfo=None)
    return to_utc(datetime.combine(last - timedelta(days=1), clock), tenant.zone)
