"""Cohorts of customers and of revenue, and the list of movements, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from analytics.filters import Filter
from analytics.kinds import query_from_json
from analytics.kinds.movements import Movements
from analytics.kinds.retention import Retention
from analytics.query import InvalidQuery, Scope
from analytics.run import Forbidden, run
from tests.unit.metrics.revenue_desk import ALICE, NOW, company, subscription

ROWS = [
    # January: a and b first pay, 100 + 200
    subscription("2026-01-10", "a1", "start", 100_00),
    subscription("2026-01-10", "a2", "start", 200_00, plan="team", country="BE"),
    # February: a grows to 150; c begins with 50
    subscription("2026-02-10", "a1", "upgrade", 150_00, plan="team"),
    subscription("2026-02-10", "u3", "start", 50_00),
    # March: a falls to 120, still above its start; b leaves; c falls to 20
    subscription("2026-03-10", "a1", "downgrade", 120_00, plan="team"),
    subscription("2026-03-10", "a2", "cancel", 200_00, plan="team", country="BE"),
    subscription("2026-03-10", "u3", "downgrade", 20_00),
    # April: b comes back, smaller; c grows again
    subscription("2026-04-10", "a2", "reactivate", 80_00, plan="team", country="BE"),
    subscription("2026-04-10", "u3", "upgrade", 60_00),
]
PEOPLE = {
    "accounts": [
        {"tenant": 1, "account_key": 1, "name": "Aube SARL", "external_id": "acc-1"},
        {"tenant": 1, "account_key": 2, "name": None, "external_id": "acc-2"},
    ],
    "users": [{"tenant": 1, "user_key": 3, "name": "Chloé"}],
}
SPRING = {"period": "2026-01-01~2026-04-30"}


@pytest.fixture(scope="module", autouse=True)
def desk():
    with company(subscriptions=ROWS, **PEOPLE):
        yield


def grid(query: Retention, now: datetime = NOW) -> tuple[list[float], list[list[float]]]:
    frame = run(query, ALICE, now).frame
    wide = frame.pivot(index="cohort", columns="offset", values="value")
    return frame[frame["offset"] == 0]["size"].tolist(), [row.dropna().tolist() for _, row in wide.iterrows()]


def test_customers_by_the_month_they_first_paid():
    # January: 2, 2 in February, b gone in March, back in April. February: c stays.
    assert grid(Retention(subject="customers", **SPRING)) == ([2, 1, 0, 0], [[2, 2, 1, 2], [1, 1, 1], [0, 0], [0]])


def test_net_revenue_counts_all_that_the_cohort_pays():
    # 300; 150 + 200; 120 + 0; 120 + 80 | 50; 20; 60
    assert grid(Retention(subject="revenue_net", **SPRING))[1][:2] == [[300_00, 350_00, 120_00, 200_00], [50_00, 20_00, 60_00]]


def test_gross_revenue_never_makes_good_what_was_lost():
    # a: at most its 100 of the start, never less than 100 since; b 200, 200, 0, 0 | c 50, 20, 20
    assert grid(Retention(subject="revenue_gross", **SPRING))[1][:2] == [[300_00, 300_00, 100_00, 100_00], [50_00, 20_00, 20_00]]


def test_rates_and_the_weighted_mean_leave_out_what_is_not_over():
    found = run(Retention(subject="customers", period="2026-01-01~2026-04-30"), ALICE, datetime(2026, 4, 20, tzinfo=UTC))
    last = found.frame[(found.frame["cohort"] == pd.Timestamp("2026-01-01")) & (found.frame["offset"] == 3)].iloc[0]
    assert (last["rate"], last["complete"]) == (1.0, False)
    mean = found.extra["mean"].set_index("offset")["rate"]
    assert mean.to_dict() == {0: 1.0, 1: 1.0, 2: pytest.approx(1 / 2)}  # offset 2 of February lies in April, which is not over


def test_a_filter_chooses_customers_by_what_they_first_paid_for():
    query = Retention(subject="revenue_net", filters=(Filter("is", "plan", ("pro",)),), **SPRING)
    assert grid(query)[1][:2] == [[100_00, 150_00, 120_00, 120_00], [50_00, 20_00, 60_00]]  # a began as pro, whatever came after


def test_weeks_and_days_are_buckets_too():
    sizes, values = grid(Retention(subject="customers", grain="week", period="2026-01-05~2026-01-25"))
    assert (sizes, values) == ([2, 0, 0], [[2, 2, 2], [0, 0], [0]])
    assert grid(Retention(subject="customers", grain="day", period="2026-01-09~2026-01-11"))[0] == [0, 2, 0]


def test_an_unknown_rate_refuses_revenue_and_not_customers():
    with company(subscriptions=[subscription("2026-01-10", "a1", "start", 100_00, currency="XOF")]):
        found = run(Retention(subject="revenue_net", **SPRING), ALICE, NOW)
        assert found.frame["value"].isna().all()
        assert "XOF" in next(w.text.en for w in found.warnings if w.code == "no_rate")
        assert grid(Retention(subject="customers", **SPRING))[0] == [1, 0, 0, 0]


def test_too_many_buckets_are_refused_with_what_to_do():
    with pytest.raises(InvalidQuery, match="change the period or the grain"):
        run(Retention(grain="day", period="2025-01-01~2026-01-02"), ALICE, NOW)
    with pytest.raises(InvalidQuery, match="needs a period with a beginning"):
        run(Retention(period="all"), ALICE, NOW)


def test_a_dimension_the_ledger_lacks_is_said_not_guessed():
    found = run(Retention(filters=(Filter("is", "device", ("mobile",)),), **SPRING), ALICE, NOW)
    assert found.warned("not_applicable")
    assert found.frame["value"].isna().all()
    assert run(Movements(filters=(Filter("is", "device", ("mobile",)),), **SPRING), ALICE, NOW).warned("not_applicable")


def test_json_round_trip_and_the_page_keeps_the_grid():
    query = Retention(subject="revenue_gross", grain="week", period="12w")
    assert query_from_json(query.to_json()) == query
    inside = query.within(Scope(period="30d", grain="hour", filters=(Filter("is", "plan", ("pro",)),)))
    assert (inside.period.text, inside.grain, inside.filters) == ("12w", "week", (Filter("is", "plan", ("pro",)),))


def listed(**more) -> list[tuple]:
    frame = run(Movements(**{**SPRING, **more}), ALICE, NOW).frame
    return [(r.name_, r.movement, r.plan_from, r.plan_to, r.amount) for r in frame.rename(columns={"name": "name_"}).itertuples()]


def test_the_largest_movements_first_with_the_names_of_customers():
    assert listed(period="2026-02-01~2026-03-31") == [
        ("acc-2", "churn", "team", "", -200_00),
        ("Aube SARL", "expansion", "pro", "team", 50_00),
        ("Chloé", "new", "", "pro", 50_00),
        ("Aube SARL", "contraction", "team", "team", -30_00),
        ("Chloé", "contraction", "pro", "pro", -30_00),
    ]


def test_one_kind_of_movement_and_the_newest_first():
    assert listed(movements=("reactivation",)) == [("acc-2", "reactivation", "", "team", 80_00)]
    assert [row[1] for row in listed(order="time", limit=2)] == ["reactivation", "expansion"]
    assert run(Movements(limit=1, **SPRING), ALICE, NOW).warned("truncated")


def test_only_who_may_see_people_sees_who_moved():
    with pytest.raises(Forbidden):
        run(Movements(**SPRING), replace(ALICE, roles=frozenset({"executive"})), NOW)


def test_a_move_between_countries_moves_no_mrr():
    with company(subscriptions=[*ROWS[:1], subscription("2026-02-01", "a1", "quantity", 100_00, country="BE")]):
        assert listed(period="2026-02-01~2026-02-28") == []
