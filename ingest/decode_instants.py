"""When something happened: whatever a client calls a time, as microseconds since 1970 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.decode_values import BadEvent

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * SECOND
AHEAD = 3_600 * SECOND  # a clock may run this far ahead before its times are not believed
_MICRO = timedelta(microseconds=1)
# Larger numbers than these are of the next finer unit: 1e11 seconds is the year 5138, 1e11 milliseconds is 1973.
_UNITS = ((1e11, SECOND), (1e14, 1_000), (1e17, 1))


def micros(instant: datetime) -> int:
    """An aware instant in microseconds since 1970."""
    return (instant - EPOCH) // _MICRO


def moment(microseconds: int) -> datetime:
    """The other way round."""
    return EPOCH + timedelta(microseconds=microseconds)


def instant_of(value: Any, what: str = "timestamp") -> int | None:
    """Seconds, milliseconds, microseconds or nanoseconds as a number, or ISO 8601; without a zone it is UTC.
    None for nothing. Raises BadEvent for what is no time."""
    if value is None or value == "":
        return None
    if type(value) is str:
        return _of_text(value, what)
    if type(value) is int or type(value) is float:
        return _of_number(value)
    raise BadEvent(f"{what} is neither a number nor ISO 8601")


def _of_number(value: float) -> int:
    size = abs(value)
    for below, factor in _UNITS:
        if size < below:
            return round(value * factor)
    return round(value / 1_000)


def _of_text(text: str, what: str) -> int:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return _of_digits(text, what)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    try:
        return (when - EPOCH) // _MICRO
    except OverflowError:  # the first hours of year 1 and the last of year 9999, in a zone
        return (when.replace(tzinfo=UTC) - EPOCH) // _MICRO


def _of_digits(text: str, what: str) -> int:
    try:
        number = float(text)
    except ValueError:
        raise BadEvent(f"{what} “{text[:40]}” is neither a number nor ISO 8601") from None
    if not abs(number) < 1e19:
        raise BadEvent(f"{what} “{text[:40]}” is no time")
    return _of_number(number)


def settled(ts: int | None, received: int, skew: int, notes: set[str]) -> int:
    """The instant to keep. `skew` (received - sent, as the two clocks say) corrects the sender's clock.

    A time in the future or before 2000 is not believed: the event is kept at `received` and noted.
    """
    if ts is None:
        return received
    ts += skew
    if ts > received + AHEAD:
        notes.add("time_in_future")
        return received
    if ts < EARLIEST:
        notes.add("time_too_old")
        return received
    return ts
