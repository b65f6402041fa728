"""Sessions, events, conversions and engagement by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.unit.metrics.activity_desk import ACME, ask, by, company, on, series, value

VIEW = {"name": "page_view"}
# Five sessions (a pause of more than 30 minutes begins another):
#   1  a 12:00 /home, 12:00:20 /home, 12:05 /price   3 views 300 s
#   2  a 13:00 /home                                 1 view    0 s   bounced
#   3  b 12:00 /home, 12:00:10 /docs                 2 views  10 s   bounced: under 30 s
#   4  b 20:00 use, 20:10 use                        0 views 600 s
#   5  c 12:00 /docs, 12:01 use                      1 view   60 s   bounced: one page view
ROWS = [
    *on("03-10T12:00", "a", page="/home", country="FR", duration_ms=100.0, **VIEW),
    *on("03-10T12:00:20", "a", page="/home", country="FR", duration_ms=300.0, **VIEW),
    *on("03-10T12:05", "a", page="/price", country="FR", duration_ms=200.0, **VIEW),
    *on("03-10T13:00", "a", page="/home", country="FR", duration_ms=400.0, **VIEW),
    *on("03-10T12:00", "b", page="/home", country="BE", **VIEW),
    *on("03-10T12:00:10", "b", page="/docs", country="BE", **VIEW),
    *on("03-10T20:00", "b", country="BE"),
    *on("03-10T20:10", "b", country="BE"),
    *on("03-11T12:00", "c", page="/docs", country="FR", **VIEW),
    *on("03-11T12:01", "c", country="FR"),
]
# Sign-ups: a, b and d in March, e in April. Paid: a on 20 March (10 days), b on 20 April (day 41), e on 2 May (day 29);
# d's payment failed. f signed up in January and paid first in March.
SIGN_UPS = [
    *on("01-15", "f", name=None, type="sign_up", country="FR"),
    *on("03-10", "a", "b", "d", name=None, type="sign_up", country="FR"),
    *on("03-12", "a", name=None, type="referral", country="FR"),
    *on("04-03", "e", name=None, type="sign_up", country="BE"),
]
PAID = {"name": None, "type": "captured", "amount_minor": 10_00, "currency": "EUR", "country": "FR"}
PAYMENTS = [
    *on("03-15", "f", **PAID),
    *on("03-20", "a", **PAID),
    *on("03-25", "a", **PAID),
    *on("04-20", "b", **PAID),
    *on("05-02", "e", **PAID | {"country": "BE"}),
    *on("03-11", "d", **PAID | {"type": "failed"}),
]


def without_name(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{key: cell for key, cell in row.items() if key != "name"} for row in rows]


@pytest.fixture(scope="module", autouse=True)
def desk() -> Iterator[None]:
    with company(events=ROWS, conversions=without_name(SIGN_UPS), payments=without_name(PAYMENTS)):
        yield


MARCH = {
    "sessions": 5,
    "mean_session_duration": (300 + 0 + 10 + 600 + 60) / 5,
    "median_session_duration": 60,  # of 0 10 60 300 600
    "bounced_sessions": 3,  # 2, 3 and 5
    "bounce_rate": 3 / 5,
    "session_page_views": 7,
    "pages_per_session": 7 / 5,  # 3 + 1 + 2 + 0 + 1
    "events": 10,
    "page_views": 7,
    "unique_page_views": 6,  # session 1 saw /home twice
    "conversions": 4,
    "signups": 3,  # a b d
    "first_time_payers": 2,  # a f; a's second payment is not a first
    "conversion_rate_cohort": 1 / 3,  # of a b d only a within 30 days
    "conversion_rate_period": 2 / 3,  # a and f over a b d
    # DAU 3/31, WAU 0 (25 to 31 March), MAU 3: the geometric mean with a zero is zero
    "engagement_score": 0,
}


@pytest.mark.parametrize(("metric", "expected"), MARCH.items())
def test_march(metric: str, expected: float) -> None:
    assert value(metric) == pytest.approx(expected)


def test_engagement_of_a_week_with_activity() -> None:
    # 10 and 11 March: DAU (2 + 1) / 2, WAU 3, MAU 3, bounce 3/5: 100 × ∛(1.5/3 × 3/3 × 2/5)
    assert value("engagement_score", period="2026-03-10~2026-03-11") == pytest.approx(100 * (0.5 * 1 * 0.4) ** (1 / 3))


def test_sessions_by_day_and_by_dimension() -> None:
    assert series("sessions", grain="day", period="2026-03-10~2026-03-11") == {"03-10": 4, "03-11": 1}
    assert by("sessions", "entry_page") == {"/home": 3, "/docs": 1, "": 1}
    assert by("sessions", "exit_page") == {"/price": 1, "/home": 1, "/docs": 2, "": 1}
    assert by("bounce_rate", "country") == pytest.approx({"FR": 2 / 3, "BE": 1 / 2})


def test_the_bounce_limit_is_the_tenants() -> None:
    tenant = replace(ACME, bounce_seconds=5)
    assert value("bounce_rate", tenant=tenant) == pytest.approx(2 / 5)  # 10 s no longer bounces


def test_conversions_by_type() -> None:
    assert by("conversions", "type") == {"sign_up": 3, "referral": 1}


def test_open_cohorts_are_left_out() -> None:
    """The 30 days after 10 March end with 9 April."""
    for day, expected in ((5, None), (9, None), (10, pytest.approx(1 / 3))):
        assert value("conversion_rate_cohort", now=datetime(2026, 4, day, 12, tzinfo=UTC)) == expected


def test_a_cohort_payment_after_the_period_counts() -> None:
    assert value("conversion_rate_cohort", period="2026-04-01~2026-04-30") == 1.0  # e, on day 29
    assert value("conversion_rate_period", period="2026-04-01~2026-04-30") == 1.0  # b over e


def test_no_sign_ups_say_nothing() -> None:
    empty = ask("conversion_rate_cohort", "conversion_rate_period", "bounce_rate", "engagement_score", period="2026-02-01~2026-02-28")
    assert set(empty.totals.values()) == {None}
