"""The demonstration's calendar agrees with the zone database, on both changes of clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from demo.clock import Calendar, day_number, micros

PARIS = ZoneInfo("Europe/Paris")
CALENDAR = Calendar(date(2026, 11, 20), PARIS, 548, 913)


@pytest.mark.parametrize(
    "first",
    [
        datetime(2026, 3, 28, 20, tzinfo=UTC),  # the clock jumps from 2 to 3 on the 29th
        datetime(2025, 10, 25, 20, tzinfo=UTC),  # and falls back on the 26th
        datetime(2024, 12, 31, 20, tzinfo=UTC),
    ],
)
def test_days_are_those_of_the_zone(first):
    instants = [first + timedelta(minutes=10 * step) for step in range(120)]
    wanted = [day_number(instant.astimezone(PARIS).date()) for instant in instants]
    assert CALENDAR.day(np.array([micros(instant) for instant in instants])).tolist() == wanted


def test_wall_clock_times_are_those_instants():
    for local in (datetime(2026, 3, 29, 12), datetime(2026, 7, 1, 0, 30), datetime(2025, 10, 26, 23), datetime(2026, 1, 5, 1)):
        wall = np.array([micros(local.replace(tzinfo=UTC))])
        assert CALENDAR.to_utc(wall).tolist() == [micros(local.replace(tzinfo=PARIS))]


def test_events_begin_at_midnight_and_end_at_midnight():
    assert CALENDAR.stop == micros(datetime(2026, 11, 21, tzinfo=PARIS))
    assert CALENDAR.events_from == micros(datetime(2025, 5, 22, tzinfo=PARIS))
