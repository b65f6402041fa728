"""Payments and the cost of winning customers by hand."""

from __future__ import annotations

import pytest

from tests.unit.metrics.revenue_desk import ask, by, company, payment, subscription, value

USD = {"currency": "USD", "amount_base_minor": 90_00}  # 100.00 dollars at 0.9
PAID = [
    payment("2026-03-01", "attempt", 100_00),
    payment("2026-03-01 00:01", "captured", 100_00, fee_minor=3_00),
    payment("2026-03-02", "failed", 100_00, decline_code="insufficient_funds"),
    payment("2026-03-03", "captured", 100_00, fee_minor=4_00, country="US", provider="paypal", **USD),
    payment("2026-03-04", "refunded", 30_00),
    payment("2026-03-05", "authorised", 500_00),  # not yet anyone's money
    payment("2026-04-01", "captured", 55_00),  # another month
]
COSTS = [
    {"ts": "2026-03-02", "channel": "ads", "campaign": "spring", "cost_minor": 60_00, "cost_base_minor": 60_00, "currency": "EUR"},
    {"ts": "2026-03-03", "channel": "social", "campaign": "spring", "cost_minor": 40_00, "cost_base_minor": 40_00, "currency": "EUR"},
]
CUSTOMERS = [
    subscription("2026-03-05", "a", "start", 10_00),
    subscription("2026-03-06", "b", "start", 30_00),
    subscription("2026-03-07", "c", "start", 20_00, channel="social"),
]
MARCH = {
    "gross_revenue": 190_00,  # 100 + 90
    "refunds": 30_00,
    "revenue": 160_00,  # 190 - 30
    "refund_rate": 30 / 190,
    "failed_payments": 1,
    "captured_payments": 2,
    "payment_success_rate": 2 / 3,  # 2 captured, 1 failed; attempts and authorisations decide nothing
    "payment_fees": 6_60,  # 3.00 + 4.00 × 0.9
    "marketing_cost": 100_00,  # 60 + 40
    "cac": 33_33 + 1 / 3,  # 100 / 3 new customers
    "cac_payback": 100 / 60,  # 33.33 / ARPA of 20.00: months
}


@pytest.fixture(scope="module", autouse=True)
def desk():
    with company(payments=PAID, channel_costs=COSTS, subscriptions=CUSTOMERS):
        yield


@pytest.mark.parametrize(("metric", "expected"), MARCH.items(), ids=MARCH)
def test_a_month_by_hand(metric, expected):
    assert value(metric) == pytest.approx(expected)


def test_by_channel_cost_meets_the_customers_it_won():
    assert by("cac", "channel") == {"ads": 30_00, "social": 40_00}  # 60 / 2, 40 / 1


def test_where_no_cost_is_known_nothing_is_said():
    found = ask("marketing_cost", "cac", "cac_payback", period="2026-04-01~2026-04-30")
    assert [found.value(name) for name in ("marketing_cost", "cac", "cac_payback")] == [None, None, None]


def test_revenue_by_country_currency_and_provider():
    assert by("revenue", "country") == {"FR": 70_00, "US": 90_00}
    assert by("revenue", "currency") == {"EUR": 70_00, "USD": 90_00}
    assert by("gross_revenue", "provider") == {"stripe": 100_00, "paypal": 90_00}
    assert by("failed_payments", "decline_code") == {"insufficient_funds": 1}


def test_a_payment_without_a_rate_refuses_what_it_is_part_of_and_no_more():
    rows = [payment("2026-03-01", "captured", 100_00), payment("2026-03-02", "refunded", 5_00, currency="XOF", amount_base_minor=None)]
    with company(payments=rows):
        found = ask("gross_revenue", "refunds", "revenue", "refund_rate", "payment_success_rate")
        assert [found.value(n) for n in ("gross_revenue", "refunds", "revenue", "refund_rate", "payment_success_rate")] == [
            100_00, None, None, None, 1,
        ]  # fmt: skip
        assert {"XOF" in w.text.en for w in found.warnings if w.code == "no_rate"} == {True}


def test_a_day_without_payments_is_zero_money_and_no_rate():
    frame = ask("revenue", "refund_rate", grain="day", period="2026-03-09~2026-03-10").frame
    assert frame["revenue"].tolist() == [0, 0]
    assert frame["refund_rate"].isna().all()
