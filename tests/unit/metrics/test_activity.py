"""Active users and their lifecycle by hand: six people over three months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analytics.filters import Filter
from tests.unit.metrics.activity_desk import ACME, ask, by, company, on, series, value

# January  a b c d
# February a b
# March    a (1 to 4), c (10), e (10, 11), f (31; from a phone, in Belgium)
ROWS = [
    *on("01-05", "a", "b", "c", "d", country="FR", device="desktop"),
    *on("02-10", "a", "b", country="FR", device="desktop"),
    *on("03-01", "a", country="FR", device="desktop"),
    *on("03-02", "a", country="FR", device="desktop"),
    *on("03-03", "a", country="FR", device="desktop"),
    *on("03-04", "a", country="FR", device="mobile"),
    *on("03-10", "c", "e", country="FR", device="desktop"),
    *on("03-11", "e", country="BE", device="desktop"),
    *on("03-31", "f", country="BE", device="mobile"),
]


@pytest.fixture(scope="module", autouse=True)
def desk() -> Iterator[None]:
    with company(events=ROWS):
        yield


MARCH = {
    "active_users": 4,  # a c e f
    "dau": 8 / 31,  # user-days: a 4, c 1, e 2, f 1 = 8, over 31 days
    "wau": 1,  # 25 to 31 March: f
    "mau": 4,  # 2 to 31 March: a (from the 2nd) c e f
    "stickiness": (8 / 31) / 4,
    "new_users": 2,  # e f
    "returning_users": 1,  # a, active in February
    "resurrected_users": 1,  # c, active in January but not in February
    "dormant_users": 1,  # b, active in February
    "retained_share": 1 / 2,  # of a and b, a
    # Last seen 30 days before a day of March, i.e. on 30 January to 1 March: b on 10 February (counts on 12 March).
    # a's run goes on from 10 February to 1 March (19 days), so a is not lost.
    "churned_users": 1,
}


@pytest.mark.parametrize(("metric", "expected"), MARCH.items())
def test_march(metric: str, expected: float) -> None:
    assert value(metric) == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "expected"), MARCH.items())
def test_march_as_a_bucket_and_as_a_period_agree(metric: str, expected: float) -> None:
    assert series(metric, grain="month", period="2026-02-01~2026-03-31")["03-01"] == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "expected"), MARCH.items())
def test_march_from_raw_events_agrees(metric: str, expected: float) -> None:
    """A filter on a column that no rollup holds, true of every row."""
    assert value(metric, filters=(Filter("is", "event", ("use",)),)) == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "expected"), MARCH.items())
def test_march_from_user_days_agrees(metric: str, expected: float) -> None:
    """Two filters at once: the rollup of single dimensions cannot answer; each is true of every row."""
    filters = (Filter("is", "country", ("FR", "BE")), Filter("is", "device", ("desktop", "mobile")))
    assert value(metric, filters=filters) == pytest.approx(expected)


def test_by_month() -> None:
    months = {"grain": "month", "period": "2026-01-01~2026-03-31"}
    assert series("active_users", **months) == {"01-01": 4, "02-01": 2, "03-01": 4}
    assert series("new_users", **months) == {"01-01": 4, "02-01": 0, "03-01": 2}
    assert series("returning_users", **months) == {"01-01": 0, "02-01": 2, "03-01": 1}
    assert series("resurrected_users", **months) == {"01-01": 0, "02-01": 0, "03-01": 1}
    assert series("dormant_users", **months) == {"01-01": 0, "02-01": 2, "03-01": 1}  # c d, then b
    # Lost on 4 February (5 January + 30): c and d; b on 12 March. a came back on day 36: lost on 4 February too.
    # b was away for 36 days as well before 10 February.
    assert series("churned_users", **months) == {"01-01": 0, "02-01": 4, "03-01": 1}


def test_active_is_new_and_returning_and_resurrected() -> None:
    for grain in ("day", "week", "month", "quarter"):
        frame = ask("active_users", "new_users", "returning_users", "resurrected_users", grain=grain, period="2026-01-01~2026-03-31").frame
        assert (frame["active_users"] == frame["new_users"] + frame["returning_users"] + frame["resurrected_users"]).all()


def test_rolling_windows_day_by_day() -> None:
    week = series("wau", grain="day", period="2026-03-08~2026-03-12")
    # 8 March looks at 2 to 8: a. On the 10th 4 to 10: a c e. On the 11th 5 to 11: c e.
    assert week == {"03-08": 1, "03-09": 1, "03-10": 3, "03-11": 2, "03-12": 2}
    month = series("mau", grain="day", period="2026-03-10~2026-03-12")
    # 10 March looks at 9 February to 10 March: a b c e. On the 12th from the 11th of February: b has gone.
    assert month == {"03-10": 4, "03-11": 4, "03-12": 3}


def test_a_breakdown_tells_each_slice_as_if_it_were_alone() -> None:
    assert by("active_users", "country") == {"FR": 3, "BE": 2}  # a c e; e f. e is in both and still one of the 4
    assert by("new_users", "country") == {"FR": 1, "BE": 2}  # e; e and f: new to Belgium
    assert by("active_users", "device") == {"desktop": 3, "mobile": 2}  # a c e; a f


def test_one_value_of_a_filter_and_several_agree_with_the_breakdown() -> None:
    assert value("active_users", filters=(Filter("is", "country", ("FR",)),)) == 3
    assert value("active_users", filters=(Filter("is", "country", ("FR", "BE")),)) == 4  # never 3 + 2
    assert value("active_users", filters=(Filter("is_not", "country", ("BE",)),)) == 3
    assert by("active_users", "country", filters=(Filter("is", "country", ("FR", "BE")),)) == {"FR": 3, "BE": 2}
    assert by("active_users", "device", filters=(Filter("is", "country", ("BE",)),)) == {"desktop": 1, "mobile": 1}


def test_days_of_the_running_month_count_only_so_far() -> None:
    """On 4 March at noon, 4 days of March have begun: 4 user-days over 4 days."""
    now = datetime(2026, 3, 4, 13, tzinfo=UTC)
    assert value("dau", period="mtd", now=now) == 1.0
    assert value("wau", period="mtd", now=now) == 1
    assert value("mau", period="mtd", now=now) == 2  # 3 February to 4 March: a b


def test_a_cut_comparison_counts_up_to_the_same_clock() -> None:
    """1 March at 13:00 against 1 February until 13:00; 10 March at 11:00 against 10 February until 11:00, when no one had come."""
    result = ask("active_users", "new_users", period="mtd", compare="previous", now=datetime(2026, 3, 10, 11, tzinfo=UTC))
    assert result.previous("active_users") == 0
    result = ask("active_users", period="mtd", compare="previous", now=datetime(2026, 3, 10, 13, tzinfo=UTC))
    assert result.previous("active_users") == 2


def test_hours() -> None:
    hours = ask("active_users", "wau", "new_users", "dormant_users", grain="hour", period="2026-03-10~2026-03-10").frame.set_index("bucket")
    at_noon = hours.loc["2026-03-10 12:00"]
    assert at_noon["active_users"] == 2
    assert at_noon["new_users"] == 1
    assert hours["active_users"].sum() == 2
    assert hours.loc["2026-03-10 13:00", "dormant_users"] == 2
    assert at_noon["wau"] == 3


def test_hours_are_those_of_the_tenant() -> None:
    tenant = replace(ACME, time_zone="Asia/Kolkata")
    with company(tenant, events=on("03-10T18:40", "a")):  # 00:10 on 11 March
        frame = ask("active_users", tenant=tenant, grain="hour", period="2026-03-11~2026-03-11").frame
    assert [f"{b:%d %H:%M}" for b in frame.loc[frame["active_users"] > 0, "bucket"]] == ["11 00:00"]
