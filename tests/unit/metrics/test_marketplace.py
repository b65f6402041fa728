"""The marketplace's numbers, each on a handful of rows whose arithmetic fits in a comment."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.unit.metrics.activity_desk import ask, by, company, value


def row(day: int, **more):
    return {"ts": datetime(2026, 3, day, 12)} | more


BOOKINGS = [
    row(2, type="started", country="FR", amount_minor=None, currency="EUR"),
    row(2, type="completed", country="FR", amount_minor=6000, currency="EUR"),
    row(3, type="started", country="BE", amount_minor=None, currency="EUR"),
    row(3, type="failed", country="BE", amount_minor=None, currency="EUR"),
    row(4, type="started", country="FR", amount_minor=None, currency="EUR"),
    row(4, type="completed", country="FR", amount_minor=4500, currency="EUR"),
    row(5, type="started", country="FR", amount_minor=None, currency="EUR"),
]
CALLS = [
    row(2, status="completed", duration_s=600.0),
    row(4, status="completed", duration_s=1200.0),
    row(4, status="failed", duration_s=0.0),
    row(6, status="no_answer", duration_s=0.0),
]
PAYOUTS = [
    row(9, status="paid", amount_minor=5000, currency="EUR"),
    row(9, status="failed", amount_minor=3000, currency="EUR"),
    row(10, status="pending", amount_minor=2000, currency="EUR"),
]
COMMISSIONS = [
    row(9, status="paid", amount_minor=900, currency="EUR"),
    row(9, status="pending", amount_minor=700, currency="EUR"),
]


@pytest.fixture
def desk():
    with company(bookings=BOOKINGS, calls=CALLS, payouts=PAYOUTS, commissions=COMMISSIONS):
        yield


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("bookings_started", 4),
        ("bookings", 2),
        ("bookings_failed", 1),
        ("booking_failure_rate", 1 / 3),  # 1 failed of 2 completed + 1 failed
        ("booking_completion", 2 / 4),
        ("booking_value", 6000 + 4500),
        ("calls", 4),
        ("calls_failed", 1),
        ("call_failure_rate", 1 / 4),
        ("call_duration", (600 + 1200) / 2),  # only completed calls
        ("payouts_paid", 5000),
        ("payouts_failed", 1),
        ("commission", 900),
    ],
)
def test_the_month(desk, metric, expected):
    assert value(metric) == pytest.approx(expected)


def test_by_country(desk):
    assert by("bookings", "country") == {"FR": 2, "BE": 0}


def test_nothing_can_be_said_of_a_month_without_bookings(desk):
    april = ask("bookings", "booking_failure_rate", "call_duration", period="2026-04-01~2026-04-30")
    assert [april.value(m) for m in ("bookings", "booking_failure_rate", "call_duration")] == [0, None, None]


def test_a_booking_in_a_currency_without_a_rate_is_refused(desk):
    with company(bookings=[*BOOKINGS, row(6, type="completed", country="FR", amount_minor=100, currency="XOF")]):
        found = ask("booking_value", "bookings")
        assert (found.value("booking_value"), found.value("bookings")) == (None, 3)
        assert found.warned("no_rate")
