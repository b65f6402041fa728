"""Recurring revenue by hand: seven customers in one month, each number with its arithmetic."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analytics.run import Forbidden
from tests.unit.metrics.revenue_desk import ACME, ALICE, ask, by, company, subscription, value

# March 2026. At its start: a 100, b 200, c 300, d 50 (all in euros) = 650 of 4 customers.
ROWS = [
    subscription("2026-01-10", "a", "start", 100_00),
    subscription("2026-01-10", "b", "start", 200_00, plan="team", country="BE"),
    subscription("2026-01-10", "c", "start", 300_00),
    subscription("2026-01-10", "d", "start", 50_00),
    subscription("2026-01-10", "e", "start", 40_00),
    subscription("2026-02-10", "e", "cancel", 40_00),  # gone before March
    subscription("2026-03-05", "a", "upgrade", 130_00, plan="team"),  # expansion 30
    subscription("2026-03-06", "b", "downgrade", 180_00, plan="team", country="BE"),  # contraction 20
    subscription("2026-03-07", "c", "cancel", 300_00),  # churn 300
    subscription("2026-03-08", "e", "reactivate", 60_00),  # reactivation 60
    subscription("2026-03-09", "f", "start", 80_00, country="BE"),  # new 80
    subscription("2026-03-20", "f", "downgrade", 70_00, country="BE"),  # contraction 10, of a customer who came in March
    subscription("2026-03-10", "g", "trial", 99_00),  # pays nothing
]


@pytest.fixture(scope="module", autouse=True)
def desk():
    with company(subscriptions=ROWS):
        yield


MARCH = {
    "mrr": 490_00,  # a 130 + b 180 + d 50 + e 60 + f 70
    "mrr_opening": 650_00,  # a 100 + b 200 + c 300 + d 50
    "new_mrr": 80_00,  # f
    "expansion_mrr": 30_00,  # a 130 - 100
    "contraction_mrr": 30_00,  # b 200 - 180, f 80 - 70
    "churned_mrr": 300_00,  # c
    "reactivation_mrr": 60_00,  # e
    "net_new_mrr": -160_00,  # 80 + 30 + 60 - 30 - 300
    "arr": 5880_00,  # 490 × 12
    "arpa": 98_00,  # 490 / 5
    "customers": 5,  # a b d e f; g is on trial
    "customers_opening": 4,  # a b c d
    "net_new_customers": 1,  # f + e - c
    "new_customers": 1,  # f
    "churned_customers": 1,  # c
    "reactivated_customers": 1,  # e
    "logo_churn": 1 / 4,
    "gross_mrr_churn": (30 + 300) / 650,
    "net_mrr_churn": (30 + 300 - 30 - 60) / 650,
    "nrr": (650 + 30 - 20 - 300) / 650,  # a, b, c, d only: what e and f did is not in it
    "grr": (650 - 20 - 300) / 650,
    "quick_ratio": (80 + 30 + 60) / (30 + 300),
    "mrr_growth": -160 / 650,
    "ltv": 98_00 / (0.25 * 30.4375 / 31),  # ARPA / churn of 31 days brought to a month of 30.4375
}


@pytest.mark.parametrize(("metric", "expected"), MARCH.items(), ids=MARCH)
def test_a_month_by_hand(metric, expected):
    assert value(metric) == pytest.approx(expected)


@pytest.mark.parametrize(("metric", "expected"), MARCH.items(), ids=MARCH)
def test_the_same_as_one_bucket_of_a_series(metric, expected):
    frame = ask(metric, grain="month", period="2026-02-01~2026-04-30").frame.set_index("bucket")
    assert frame.loc["2026-03-01", metric] == pytest.approx(expected)


def test_the_months_close_on_their_last_day():
    frame = ask("mrr", "customers", grain="month", period="2025-12-01~2026-04-30").frame
    assert frame["mrr"].tolist() == [0, 690_00, 650_00, 490_00, 490_00]  # 100 + 200 + 300 + 50 + 40; less e 40; March as above
    assert frame["customers"].tolist() == [0, 5, 4, 5, 5]


def test_every_day_and_every_slice_adds_up():
    names = ("mrr_opening", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr", "mrr")
    for cut in ((), ("plan",), ("country",), ("kind",), ("channel",), ("currency",), ("plan", "country")):
        frame = ask(*names, grain="day", period="2026-01-01~2026-03-31", by=cut).frame
        won = frame["new_mrr"] + frame["expansion_mrr"] + frame["reactivation_mrr"]
        assert (frame["mrr_opening"] + won - frame["contraction_mrr"] - frame["churned_mrr"] == frame["mrr"]).all()


def test_by_plan_a_change_of_plan_leaves_one_and_joins_the_other():
    assert by("mrr", "plan") == {"team": 310_00, "pro": 180_00}  # a 130 + b 180; d 50 + e 60 + f 70
    assert by("expansion_mrr", "plan") == {"team": 130_00, "pro": -100_00}  # a: 30 in all
    assert by("customers", "plan") == {"team": 2, "pro": 3}
    assert by("mrr", "country") == {"FR": 240_00, "BE": 250_00}


def test_a_churn_rate_of_a_quarter_makes_a_lifetime_of_four_months():
    thrifty = replace(ALICE, tenant=replace(ACME, settings=(("gross_margin", "0.8"),)))
    assert value("ltv", actor=thrifty) == pytest.approx(0.8 * MARCH["ltv"])
    assert value("ltv", period="2026-04-01~2026-04-30") is None  # nobody left in April: nothing can be said
    assert value("logo_churn", period="2026-04-01~2026-04-30") == 0
    assert value("quick_ratio", period="2026-04-01~2026-04-30") is None


def test_before_the_first_customer_rates_say_nothing():
    found = ask("mrr", "customers", "logo_churn", "nrr", "grr", "arpa", "mrr_growth", period="2025-06-01~2025-06-30")
    assert (found.value("mrr"), found.value("customers")) == (0, 0)
    assert {name: found.value(name) for name in ("logo_churn", "nrr", "grr", "arpa", "mrr_growth")} == dict.fromkeys(
        ("logo_churn", "nrr", "grr", "arpa", "mrr_growth")
    )


def test_who_came_within_the_bucket_is_not_retained_in_it():
    weeks = ask("nrr", "grr", grain="week", period="2026-03-16~2026-03-22").frame
    # In the week of the 16th f was already a customer: 410 of the rest + 80, of which 10 lost.
    assert weeks["nrr"].tolist() == [pytest.approx((500 - 10) / 500)]
    assert weeks["grr"].tolist() == [pytest.approx((500 - 10) / 500)]


def test_a_period_that_starts_within_a_month_counts_from_its_first_day():
    frame = ask("mrr_opening", "nrr", grain="month", period="2026-03-06~2026-03-31").frame
    assert frame["mrr_opening"].tolist() == [680_00]  # 650 + 30 of the 5th
    assert frame["nrr"].tolist() == [pytest.approx((680 - 20 - 300) / 680)]


def test_a_churn_at_the_end_of_the_paid_period_does_not_count_before_it():
    paid_up = replace(ACME, key=7, churn_at="period_end")
    actor = replace(ALICE, tenant=paid_up)
    rows = [subscription("2026-03-01", "a", "start", 100_00), subscription("2026-03-10", "a", "cancel", 100_00, ends_at="2026-04-01 12:00")]
    with company(tenant=paid_up, subscriptions=rows):
        for now, mrr, churned in (("2026-03-20", 100_00, 0), ("2026-04-01T11:59", 100_00, 0), ("2026-04-01T12:01", 0, 100_00)):
            found = ask(
                "mrr", "churned_mrr", actor=actor, now=datetime.fromisoformat(now).replace(tzinfo=UTC), period="2026-03-01~2026-04-30"
            )
            assert (found.value("mrr"), found.value("churned_mrr")) == (mrr, churned)


def test_an_amount_without_a_rate_is_refused_and_named():
    rows = [subscription("2026-03-01", "a", "start", 100_00), subscription("2026-03-02", "b", "start", 70_00, currency="USD", country="US")]
    with company(subscriptions=rows):
        found = ask("mrr", "new_mrr", "churned_mrr", "customers", "arpa")
        assert [found.value(name) for name in ("mrr", "new_mrr", "churned_mrr", "customers", "arpa")] == [None, None, 0, 2, None]
        assert any("USD" in w.text.en and "USD" in w.text.fr for w in found.warnings if w.code == "no_rate")
        assert by("mrr", "country") == {"FR": 100_00, "US": pytest.approx(float("nan"), nan_ok=True)}


def test_the_dated_rate_of_the_first_payment_converts():
    rates = [{"tenant": 1, "day": datetime(2026, 2, 1).date(), "currency": "USD", "rate": 0.9}]
    with company(subscriptions=[subscription("2026-03-02", "b", "start", 70_00, currency="USD")], fx_rates=rates):
        assert value("mrr") == 63_00
        assert by("mrr", "currency") == {"USD": 63_00}


def test_money_needs_its_permission():
    clerk = replace(ALICE, roles=frozenset({"viewer"}))
    with pytest.raises(Forbidden):
        ask("mrr", actor=clerk)
    with pytest.raises(Forbidden):  # a single customer is a person
        ask("mrr", by=("customer",), actor=replace(ALICE, roles=frozenset({"executive"})))


def test_another_tenant_sees_nothing_of_it():
    assert value("mrr", actor=replace(ALICE, tenant=replace(ACME, key=2))) == 0
