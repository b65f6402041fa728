"""Which grains suit a period, and which one to draw by default."""

from __future__ import annotations

from analytics.period import Resolved

SPAN = {
    "hour": (0, 14),
    "day": (2, 400),
    "week": (14, 3 * 366),
    "month": (45, 12 * 366),
    "quarter": (180, 40 * 366),
    "year": (700, 200 * 366),
}
LONGEST_DAYS = 20 * 366


def allowed(period: Resolved) -> tuple[str, ...]:
    """Grains that give a readable number of buckets: no hours of a year, no years of a month."""
    return tuple(grain for grain, (least, most) in SPAN.items() if least <= period.days <= most)


def fitting(period: Resolved) -> str:
    """The grain drawn when the reader has not chosen one."""
    for grain, most in (("hour", 2), ("day", 92), ("week", 366), ("month", 6 * 366), ("quarter", 15 * 366)):
        if period.days <= most:
            return grain
    return "year"
