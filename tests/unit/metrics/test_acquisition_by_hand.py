"""Acquisition and audience by hand: a few sign-ups followed for weeks, a few visits with what they led to."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from analytics.filters import Filter
from tests.unit.metrics.activity_desk import ask, by, company, on, value, write


def sign_up(day: str, user: str, **more) -> dict:
    return {"ts": datetime.fromisoformat(f"2026-{day}T12:00"), "type": "sign_up", "user_id": user, **more}


def paid(day: str, user: str, cents: int, kind: str = "captured", **more) -> dict:
    row = {"payment_id": f"{user}{day}", "type": kind, "amount_minor": cents, "currency": "EUR"} | more
    return {"ts": datetime.fromisoformat(f"2026-{day}T13:00"), "user_id": user} | row


# Ann signs up on 2 March and is back on the 7th and 13th day after; Bob on the 6th and 14th (neither in week 1), and on the 28th;
# Cat on the 62nd, the last of week 8. Ann signs up again in April, which does not count again.
EVENTS = [
    *on("03-02", "ann", "bob", "cat"),
    *on("03-09", "ann"),
    *on("03-15", "ann"),
    *on("03-08", "bob"),
    *on("03-16", "bob"),
    *on("03-30", "bob"),
    *on("05-03", "cat"),
]
SIGNED = [
    sign_up("03-02", "ann", campaign="spring"),
    sign_up("03-02", "bob", campaign="give"),
    sign_up("03-02", "cat"),
    sign_up("04-02", "ann"),
]
PAID = [paid("04-20", "ann", 30_00), paid("05-02", "ann", 10_00, "refunded"), paid("03-20", "dan", 99_00), paid("03-25", "cat", 4_00)]


@pytest.fixture(scope="module", autouse=True)
def desk():
    with company(events=EVENTS, conversions=SIGNED, payments=PAID, channel_costs=COSTS):
        yield


COSTS = [
    {
        "ts": datetime(2026, 3, 5),
        "channel": "ads",
        "campaign": "spring",
        "cost_minor": 12_00,
        "currency": "EUR",
        "clicks": 8,
        "impressions": 100,
    },
    {
        "ts": datetime(2026, 3, 6),
        "channel": "ads",
        "campaign": "give",
        "cost_minor": 3_00,
        "currency": "EUR",
        "clicks": 2,
        "impressions": 100,
    },
]
MARCH = {
    "first_signups": 3,
    "signups_week1_over": 3,
    "signups_back_week1": 1,  # Ann on day 7 and 13; Bob's days 6 and 14 are outside
    "retention_week1": 1 / 3,
    "retention_week4": 1 / 3,  # Bob on day 28
    "retention_week8": 1 / 3,  # Cat on day 62
    "signup_revenue": 24_00,  # 30 - 10 + 4; Dan never signed up
    "revenue_per_signup": 8_00,
    "ad_clicks": 10,
    "ad_impressions": 200,
    "ad_click_rate": 0.05,
    "cost_per_click": 1_50,  # 15.00 / 10
    "cost_per_signup": 5_00,  # 15.00 / 3
    "roas": 103_00 / 15_00,  # 99 + 4 captured in March
}


@pytest.mark.parametrize(("metric", "expected"), MARCH.items(), ids=MARCH)
def test_a_month_by_hand(metric, expected):
    assert value(metric) == pytest.approx(expected)


def test_by_campaign():
    assert by("retention_week4", "campaign") == {"spring": 0, "give": 1, "": 0}
    assert by("cost_per_signup", "campaign") == {"spring": 12_00, "give": 3_00, "": pytest.approx(float("nan"), nan_ok=True)}


@pytest.mark.parametrize(("day", "over"), [(15, 0), (16, 3)])
def test_a_week_counts_when_its_last_day_is_over(day, over):
    """Signed up on 2 March: week 1 is the 9th to the 15th."""
    now = datetime(2026, 3, day, 23, tzinfo=UTC)
    assert ask("signups_week1_over", now=now).value("signups_week1_over") == over


def test_an_amount_without_a_rate_is_refused():
    with company(conversions=SIGNED[:1], payments=[paid("03-20", "ann", 5_00, currency="XOF")]):
        found = ask("signup_revenue", "first_signups")
        assert found.warned("no_rate")
        assert (found.value("signup_revenue"), found.value("first_signups")) == (None, 1)


# Ann's first visit converts twice, in Paris; her second event of it is in Lyon. Bob's visit leads to nothing.
VISITS = [
    *on("03-10T12:00", "ann", city="Paris", referrer="https://a.example/", browser="Firefox", browser_version="144", screen="1x1"),
    *on("03-10T12:05", "ann", city="Lyon"),
    *on("03-10T12:00", "bob", city="Lyon"),
    *on("03-12T12:00", "bob"),
]


def test_visits_by_what_their_first_event_says():
    with company(events=VISITS) as house:
        key = int(house.read(_first_session()).iloc[0, 0])
        bought = {"type": "purchase", "user_id": "ann", "session_key": key, "currency": "EUR"}
        at = datetime(2026, 3, 10, 12, 3)
        write(house, first=50, conversions=[{"ts": at, "value_minor": 5_00} | bought, {"ts": at, "value_minor": 2_00} | bought])
        assert by("sessions", "city") == {"Paris": 1, "Lyon": 1, "": 1}
        assert by("session_value", "city") == {"Paris": 7_00, "Lyon": 0, "": 0}
        assert value("converting_sessions") == 1
        assert value("session_conversion_rate") == pytest.approx(1 / 3)
        assert by("sessions", "referrer") == {"https://a.example/": 1, "": 2}
        assert by("sessions", "visitor") == {"new": 2, "returning": 1}
        found = ask("sessions", by=("browser", "browser_version"), filters=(Filter("is", "screen", ("1x1",)),)).frame
        assert found.values.tolist() == [["Firefox", "144", 1.0]]


def _first_session() -> sa.TextClause:
    return sa.text("SELECT s.session_key FROM sessions AS s JOIN users AS u USING (tenant, user_key) WHERE u.external_id = 'ann'")
