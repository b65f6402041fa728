"""The traps of analytics, each by name: where a plausible query gives a wrong number."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.actor import Tenant
from analytics.filters import Filter
from analytics.metrics import METRICS
from tests.unit.metrics.activity_desk import ACME, ask, by, company, on, series, value, write

PARIS = replace(ACME, time_zone="Europe/Paris")
PAID = {"type": "captured", "amount_minor": 10_00, "currency": "EUR"}


def facts(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: cell for key, cell in row.items() if key != "name"} for row in rows]


class TestFanOut:
    """Two sources are never joined row by row."""

    def test_a_users_events_do_not_multiply_payments(self) -> None:
        payments = facts([*on("03-10", "a", **PAID), *on("03-11", "a", **PAID)])
        with company(events=on("03-10", "a", "a", "a"), payments=payments):
            result = ask("events", "revenue", "active_users")
        # 3 events × 2 payments would be 6 rows: 6 events, 60 euros.
        assert result.totals == {"events": 3, "revenue": 20_00, "active_users": 1}

    def test_a_slice_that_only_one_source_has_is_kept(self) -> None:
        payments = facts(on("03-10", "a", country="BE", **PAID))
        with company(events=on("03-10", "a", country="FR"), payments=payments):
            frame = ask("events", "revenue", by=("country",)).frame.set_index("country")
        assert frame.loc["FR"].tolist() == [1, 0]
        assert frame.loc["BE"].tolist() == [0, 10_00]


class TestDistinctUsers:
    """Distinct people do not add up."""

    def test_over_days(self) -> None:
        with company(events=[*on("03-10", "a", "b"), *on("03-11", "a")]):
            result = ask("active_users", grain="day", period="2026-03-10~2026-03-11")
        assert list(result.frame["active_users"]) == [2, 1]
        assert result.value("active_users") == 2  # not 3

    def test_over_slices(self) -> None:
        with company(events=[*on("03-10", "a", country="FR"), *on("03-10", "a", country="BE")]):
            result = ask("active_users", by=("country",))
        assert result.frame["active_users"].tolist() == [1, 1]
        assert result.value("active_users") == 1

    def test_over_sources_of_one_day(self) -> None:
        """A day with two devices is one active day."""
        with company(events=[*on("03-10", "a", device="mobile"), *on("03-10", "a", device="desktop")]):
            assert value("dau", period="2026-03-10~2026-03-10") == 1

    def test_an_unknown_user_is_nobody(self) -> None:
        rows = [*on("03-10", "a"), *on("03-10", None, None, name="page_view", page="/")]  # type: ignore[arg-type]
        with company(events=rows):
            assert value("active_users") == 1
            assert value("events") == 3
            assert value("unique_page_views") == 2  # no session to tell whether it was one visit


class TestDaylightSaving:
    """29 March 2026 has 23 hours in Paris, 25 October has 25."""

    @pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 24)])
    def test_daily_and_hourly_sums_equal_the_event_count(self, day: str, hours: int) -> None:
        start = datetime.fromisoformat(day) - timedelta(hours=6)
        rows = [{"ts": start + timedelta(minutes=20 * i), "user_id": "a", "name": "use"} for i in range(36 * 3)]
        around = f"{date.fromisoformat(day) - timedelta(days=1)}~{date.fromisoformat(day) + timedelta(days=1)}"
        with company(PARIS, events=rows):
            now = datetime(2026, 12, 1, tzinfo=UTC)
            days = ask("events", tenant=PARIS, grain="day", period=around, now=now)
            by_hour = ask("events", tenant=PARIS, grain="hour", period=f"{day}~{day}", now=now)
        assert days.frame["events"].sum() == len(rows) == days.value("events")
        assert by_hour.frame["events"].sum() == days.frame["events"].iloc[1]
        # The repeated hour is one bucket by the clock on the wall: 24 of them, one with two hours' events.
        assert len(by_hour.frame) == hours
        assert days.frame["events"].iloc[1] == {23: 23 * 3, 24: 25 * 3}[hours]

    def test_a_session_across_the_change_keeps_its_length(self) -> None:
        rows = [*on("03-29T00:45", "a", name="page_view"), *on("03-29T01:10", "a", name="page_view")]  # 01:45, then 03:10 in Paris
        with company(PARIS, events=rows):
            assert value("mean_session_duration", tenant=PARIS) == 25 * 60


class TestWeekStart:
    """Sunday 8 March 2026 ends a week in France and begins one in the United States."""

    ROWS = (*on("03-07", "a"), *on("03-08", "b"), *on("03-09", "c"))

    @pytest.mark.parametrize(
        ("week_start", "expected"),
        [(0, {"03-02": 2, "03-09": 1}), (6, {"03-01": 1, "03-08": 2}), (5, {"02-28": 0, "03-07": 3})],
        ids=["monday", "sunday", "saturday"],
    )
    def test_weeks(self, week_start: int, expected: dict[str, int]) -> None:
        tenant = replace(ACME, week_start=week_start)
        with company(tenant, events=list(self.ROWS)):
            assert series("active_users", tenant=tenant, grain="week", period="2026-03-06~2026-03-12") == expected

    def test_the_first_week_of_a_year_belongs_to_two(self) -> None:
        with company(events=[*on("01-01", "a")]):
            weeks = ask("active_users", grain="week", period="2025-12-29~2026-01-04").frame
        assert [f"{b:%Y-%m-%d}" for b in weeks["bucket"]] == ["2025-12-29"]
        assert list(weeks["active_users"]) == [1]


class TestEmptyPeriod:
    """Nothing there is said as nothing, not as a zero rate, and never fails."""

    @pytest.mark.parametrize("metric", [m.name for m in METRICS.values()])
    @pytest.mark.parametrize("more", [{}, {"grain": "month"}, {"grain": "day", "by": ("country",)}], ids=["total", "months", "slices"])
    def test_every_metric_of_an_empty_warehouse(self, empty: None, metric: str, more: dict[str, Any]) -> None:
        result = ask(metric, **more)
        assert result.value(metric) == METRICS[metric].empty or result.value(metric) in (None, 0)
        assert METRICS[metric].unit != "ratio" or result.value(metric) is None
        assert result.empty

    def test_a_period_before_the_first_event(self) -> None:
        with company(events=on("03-10", "a")):
            result = ask("active_users", "sessions", "bounce_rate", period="2020-01-01~2020-01-31")
        assert result.totals == {"active_users": 0, "sessions": 0, "bounce_rate": None}

    def test_a_period_in_the_future(self) -> None:
        with company(events=on("03-10", "a")):
            result = ask("active_users", "dau", "mau", "dormant_users", grain="day", period="2027-01-01~2027-01-31")
        assert result.frame.empty
        assert result.empty


@pytest.fixture(scope="class")
def empty() -> Any:
    with company():
        yield


class TestDivisionByZero:
    """DuckDB answers 1/0 with infinity, PostgreSQL with an error."""

    def test_rates_of_nothing(self) -> None:
        with company(events=on("03-10", "a"), conversions=facts(on("03-10", "a", type="referral"))):
            result = ask("conversion_rate_period", "conversion_rate_cohort", "error_rate", "uptime", grain="day")
        assert set(result.totals.values()) == {None}
        assert result.frame.drop(columns="bucket").isna().all(axis=None)

    def test_a_rate_over_zero_is_not_infinite(self) -> None:
        """A first payment in a month without sign-ups."""
        with company(payments=facts(on("03-10", "a", **PAID))):
            assert value("first_time_payers") == 1
            assert value("conversion_rate_period") is None

    def test_a_change_from_zero_is_not_said(self) -> None:
        with company(events=on("03-10", "a")):
            result = ask("active_users", period="2026-03-01~2026-03-31", compare="previous")
        assert result.previous("active_users") == 0
        assert result.change("active_users") is None


class TestLateEvents:
    """What arrives late changes its own day, and every answer that rests on it."""

    def test_the_cached_answer_is_dropped(self) -> None:
        with company(events=on("03-10", "a")) as house:
            assert value("active_users") == 1
            write(house, first=50, events=on("03-05", "b"))
            assert value("active_users") == 2

    def test_a_new_user_becomes_a_returning_one(self) -> None:
        with company(events=on("03-10", "a")) as house:
            assert (value("new_users"), value("returning_users")) == (1, 0)
            write(house, first=50, events=on("02-05", "a"))
            assert (value("new_users"), value("returning_users")) == (0, 1)

    def test_a_lost_user_was_not_lost(self) -> None:
        with company(events=[*on("02-10", "a")]) as house:
            assert value("churned_users") == 1  # on 12 March
            write(house, first=50, events=on("03-05", "a"))
            assert value("churned_users") == 0  # not before 4 April

    def test_the_same_event_twice_counts_once(self) -> None:
        with company(events=on("03-10", "a")) as house:
            write(house, events=on("03-10", "a"))
            assert value("events") == 1

    def test_a_late_event_joins_two_sessions(self) -> None:
        with company(events=[*on("03-10T12:00", "a"), *on("03-10T12:50", "a")]) as house:
            assert value("sessions") == 2
            write(house, first=50, events=on("03-10T12:25", "a"))
            assert value("sessions") == 1
            assert value("mean_session_duration") == 50 * 60


class TestTimeZones:
    """The tenant's calendar decides what a day is."""

    # 23:30 on 10 March in London, already the 11th in Paris, still the 10th in New York.
    ROWS = (*on("03-10T23:30", "a"), *on("03-11T04:30", "b"))

    @pytest.mark.parametrize(
        ("zone", "expected"),
        [
            ("UTC", {"03-10": 1, "03-11": 1}),
            ("Europe/Paris", {"03-10": 0, "03-11": 2}),
            ("America/Los_Angeles", {"03-10": 2, "03-11": 0}),
            ("Pacific/Kiritimati", {"03-10": 0, "03-11": 2}),
        ],
    )
    def test_midnight(self, zone: str, expected: dict[str, int]) -> None:
        tenant = replace(ACME, time_zone=zone)
        with company(tenant, events=list(self.ROWS)):
            assert series("active_users", tenant=tenant, grain="day", period="2026-03-10~2026-03-11") == expected

    def test_today_is_the_tenants_today(self) -> None:
        tenant: Tenant = replace(ACME, time_zone="Pacific/Auckland")
        with company(tenant, events=on("05-31T13:00", "a")):  # 01:00 on 1 June in Auckland
            assert value("active_users", tenant=tenant, period="today", now=datetime(2026, 5, 31, 20, tzinfo=UTC)) == 1

    def test_hour_of_day_is_the_tenants(self) -> None:
        tenant = replace(ACME, time_zone="Asia/Kolkata")
        with company(tenant, events=on("03-10T20:00", "a")):  # 01:30 on Wednesday the 11th
            assert by("events", "hour_of_day", tenant=tenant) == {"1": 1}
            assert by("events", "weekday", tenant=tenant) == {"3": 1}


class TestHostileValues:
    """What a filter holds is data."""

    @pytest.mark.parametrize("text", ["' OR 1=1 --", "x'); DROP TABLE events; --", "%", "\\", "FR\x00"])
    def test_a_filter_value_is_only_compared(self, text: str) -> None:
        with company(events=on("03-10", "a", country="FR")):
            assert value("active_users", filters=(Filter("is", "country", (text,)),)) == 0
            assert value("events") == 1

    def test_a_number_that_is_none(self) -> None:
        rows = [*on("03-10", "a", properties='{"n": "NaN"}'), *on("03-10", "b", properties='{"n": "7"}')]
        with company(events=rows):
            assert value("active_users", filters=(Filter("gt", "property.n", (5,)),)) == 1
            assert not any(math.isinf(v) for v in ask("events").totals.values() if v is not None)


def test_nobody_reads_another_tenants_rows() -> None:
    other = replace(ACME, key=2, slug="other")
    with company(events=on("03-10", "a")) as house:
        write(house, other, events=on("03-10", "b", "c"))
        for metric in ("active_users", "dau", "mau", "new_users", "events", "unique_page_views", "sessions", "churned_users"):
            mine, theirs = value(metric), value(metric, tenant=other)
            assert theirs == 2 * mine, metric  # type: ignore[operator]
