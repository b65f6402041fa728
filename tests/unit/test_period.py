"""Periods by hand: each bound is a date that can be read off a calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.actor import Tenant
from analytics.period import Grain, InvalidPeriod, Period, floor, step

PARIS = Tenant(1, "t", "T", time_zone="Europe/Paris")
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)  # a Wednesday, 16:30 in Paris


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", date(2026, 11, 18), date(2026, 11, 19)),
        ("yesterday", date(2026, 11, 17), date(2026, 11, 18)),
        ("7d", date(2026, 11, 11), date(2026, 11, 18)),
        ("2w", date(2026, 11, 2), date(2026, 11, 16)),
        ("12m", date(2025, 11, 1), date(2026, 11, 1)),
        ("1q", date(2026, 7, 1), date(2026, 10, 1)),
        ("wtd", date(2026, 11, 16), date(2026, 11, 19)),
        ("mtd", date(2026, 11, 1), date(2026, 11, 19)),
        ("qtd", date(2026, 10, 1), date(2026, 11, 19)),
        ("ytd", date(2026, 1, 1), date(2026, 11, 19)),
        ("last_week", date(2026, 11, 9), date(2026, 11, 16)),
        ("last_month", date(2026, 10, 1), date(2026, 11, 1)),
        ("last_year", date(2025, 1, 1), date(2026, 1, 1)),
        ("2026-02-01~2026-02-28", date(2026, 2, 1), date(2026, 3, 1)),
    ],
)
def test_bounds(text, first, last):
    found = Period(text).resolve(NOW, PARIS)
    assert (found.first, found.last) == (first, last)


def test_the_day_begins_at_the_tenants_midnight():
    # 22 November in Paris is UTC+1, so the day begins at 23:00 UTC of the day before.
    found = Period("2026-11-22~2026-11-22").resolve(NOW, PARIS)
    assert (found.start, found.end) == (datetime(2026, 11, 21, 23), datetime(2026, 11, 22, 23))


def test_days_of_a_clock_change_have_23_and_25_hours():
    spring = Period("2026-03-29~2026-03-29").resolve(NOW, PARIS)
    autumn = Period("2026-10-25~2026-10-25").resolve(NOW, PARIS)
    assert spring.end - spring.start == timedelta(hours=23)
    assert autumn.end - autumn.start == timedelta(hours=25)


def test_today_depends_on_the_zone():
    just_after_midnight_in_paris = datetime(2026, 11, 17, 23, 5, tzinfo=UTC)
    assert Period("today").resolve(just_after_midnight_in_paris, PARIS).first == date(2026, 11, 18)
    assert Period("today").resolve(just_after_midnight_in_paris, Tenant(1, "t", "T")).first == date(2026, 11, 17)


def test_weeks_begin_where_the_tenant_says():
    sunday = Tenant(1, "t", "T", week_start=6)
    assert Period("wtd").resolve(NOW, sunday).first == date(2026, 11, 15)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("7d", date(2026, 11, 4), date(2026, 11, 11)),
        ("last_month", date(2026, 9, 1), date(2026, 10, 1)),  # September, although it is a day shorter than October
        ("3m", date(2026, 5, 1), date(2026, 8, 1)),
        ("2026-02-01~2026-02-28", date(2026, 1, 4), date(2026, 2, 1)),
    ],
)
def test_the_previous_period(text, first, last):
    found = Period(text).previous(NOW, PARIS)
    assert (found.first, found.last, found.cut) == (first, last, False)


def test_a_period_to_date_is_compared_with_the_same_elapsed_part():
    found = Period("mtd").previous(NOW, PARIS)
    assert (found.first, found.last) == (date(2026, 10, 1), date(2026, 10, 19))
    # 16:30 in Paris on 18 October is still summer time: 14:30 UTC
    assert found.until == datetime(2026, 10, 18, 14, 30)
    assert found.cut


def test_the_31st_to_date_is_compared_with_all_of_a_shorter_month():
    found = Period("mtd").previous(datetime(2026, 3, 31, 12, tzinfo=UTC), PARIS)
    assert (found.first, found.last) == (date(2026, 2, 1), date(2026, 3, 1))


def test_a_year_before_a_leap_day():
    found = Period("2028-02-29~2028-02-29").year_before(datetime(2028, 3, 5, tzinfo=UTC), PARIS)
    assert (found.first, found.last) == (date(2027, 2, 28), date(2027, 3, 1))


def test_a_current_period_is_partial_and_reaches_to_now():
    found = Period("mtd").resolve(NOW, PARIS)
    assert found.partial
    assert found.until == datetime(2026, 11, 18, 15, 30)
    assert not Period("7d").resolve(NOW, PARIS).partial


@pytest.mark.parametrize(
    "text", ["", "0d", "7x", "2026-13-01~2026-13-02", "2026-02-02~2026-02-01", "1969-12-31~1970-01-02", "'; DROP", "99999d"]
)
def test_what_is_not_a_period_is_refused_with_a_way_out(text):
    with pytest.raises(InvalidPeriod, match="period"):
        Period(text)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(list(Grain)), st.integers(0, 6))
def test_a_bucket_holds_its_day(day, grain, week_start):
    begin = floor(day, grain, week_start)
    assert begin <= day < step(begin, grain)
    assert floor(begin, grain, week_start) == begin


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(["7d", "30d", "4w", "3m", "2q", "1y"]))
def test_the_previous_period_ends_where_this_one_begins(day, text):
    now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    assert Period(text).previous(now, PARIS).last == Period(text).resolve(now, PARIS).first


def test_steps_of_months_clip_to_the_months_end():
    assert step(date(2026, 1, 31), Grain.MONTH) == date(2026, 2, 28)
    assert step(date(2028, 1, 31), Grain.MONTH) == date(2028, 2, 29)
    assert step(date(2026, 12, 31), Grain.MONTH) == date(2027, 1, 31)
    assert step(date(2026, 3, 31), Grain.QUARTER, -1) == date(2025, 12, 31)
