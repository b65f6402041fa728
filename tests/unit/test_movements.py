"""MRR movements: each rule by hand, then against a slow replay that looks at one customer and one instant at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from math import floor

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actor import Tenant
from ingest.movements import Rates, movements
from ingest.movements.rates import known_rates

PARIS = Tenant(1, "acme", "Acme", "Europe/Paris", currency="EUR")
AT_ONCE = Tenant(1, "acme", "Acme", "Europe/Paris", currency="EUR", churn_at="cancellation")
NO_RATES = Rates("EUR", {})
FILLED = {"kind": "business", "country": "FR", "channel": "ads", "currency": "EUR", "plan": "pro", "customer": "a1"}
SUMS = ["delta_minor", "customers_delta"]


def rows(*changes: dict) -> pd.DataFrame:
    """Rows of `subscriptions`: what a change leaves out is filled as above."""
    made = []
    for i, change in enumerate(changes):
        row = {
            "id": f"{i:04}",
            "subscription_id": "s1",
            "mrr_minor": None,
            "ends_at": None,
            "user_key": None,
            "account_key": 1,
            **FILLED,
            **change,
        }
        made.append({**row, "ts": pd.Timestamp(row["ts"]), "ends_at": pd.Timestamp(row["ends_at"]) if row["ends_at"] else pd.NaT})
    frame = pd.DataFrame(made)
    return frame.assign(ends_at=frame["ends_at"].astype("datetime64[us]"))


def change(ts: str, name: str, mrr: int, **more: object) -> dict:
    status = {"cancel": "cancelled", "expire": "cancelled", "pause": "paused", "past_due": "past_due"}.get(name, "active")
    return {"ts": ts, "change": name, "status": status, "mrr_minor": mrr, **more}


def told(found: pd.DataFrame) -> list[tuple]:
    """One line per customer and change: day, movement, sum of the amounts, sum of the counts."""
    lines = found.groupby(["ts", "day", "movement"], sort=True)[SUMS].sum().reset_index()
    return [(str(r.day), r.movement, r.delta_minor, r.customers_delta) for r in lines.itertuples()]


def by_plan(found: pd.DataFrame) -> list[tuple]:
    return [(str(r.day), r.plan, r.delta_minor, r.customers_delta) for r in found.itertuples()]


def of(*changes: dict, tenant: Tenant = PARIS, rates: Rates = NO_RATES) -> pd.DataFrame:
    return movements(rows(*changes), rates, tenant)


def test_the_five_movements_of_one_customer() -> None:
    found = of(
        change("2026-01-10", "start", 1000),
        change("2026-02-10", "upgrade", 3000),  # 3000 - 1000
        change("2026-03-10", "downgrade", 2000),  # 2000 - 3000
        change("2026-04-10", "cancel", 2000),
        change("2026-06-10", "reactivate", 2500),
    )
    assert told(found) == [
        ("2026-01-10", "new", 1000, 1),
        ("2026-02-10", "expansion", 2000, 0),
        ("2026-03-10", "contraction", -1000, 0),
        ("2026-04-10", "churn", -2000, -1),
        ("2026-06-10", "reactivation", 2500, 1),
    ]
    assert [str(d) for d in found["active_since_day"]] == ["2026-01-10"] * 4 + ["2026-06-10"]
    assert {str(d) for d in found["customer_since_day"]} == {"2026-01-10"}


def test_one_of_two_subscriptions_cancelled_is_contraction_the_last_one_churn() -> None:
    found = of(
        change("2026-01-10", "start", 1000),
        change("2026-01-20", "start", 500, subscription_id="s2"),
        change("2026-02-10", "cancel", 1000),
        change("2026-03-10", "cancel", 500, subscription_id="s2"),
    )
    assert told(found)[1:] == [
        ("2026-01-20", "expansion", 500, 0),
        ("2026-02-10", "contraction", -1000, 0),
        ("2026-03-10", "churn", -500, -1),
    ]


def test_a_discount_that_ends_is_expansion() -> None:
    found = of(change("2026-01-10", "start", 800), change("2026-04-10", "discount", 1000))
    assert told(found)[1] == ("2026-04-10", "expansion", 200, 0)


def test_a_pause_is_churn_when_nothing_is_left_and_resuming_reactivates() -> None:
    found = of(change("2026-01-10", "start", 800), change("2026-02-10", "pause", 800), change("2026-03-10", "resume", 800))
    assert told(found)[1:] == [("2026-02-10", "churn", -800, -1), ("2026-03-10", "reactivation", 800, 1)]


def test_a_pause_of_one_of_two_is_contraction_and_resuming_expansion() -> None:
    second = {"subscription_id": "s2"}
    found = of(
        change("2026-01-10", "start", 800),
        change("2026-01-12", "start", 300, **second),
        change("2026-02-10", "pause", 300, **second),
        change("2026-03-10", "resume", 300, **second),
    )
    assert told(found)[2:] == [("2026-02-10", "contraction", -300, 0), ("2026-03-10", "expansion", 300, 0)]


def test_past_due_stays_until_it_expires() -> None:
    found = of(change("2026-01-10", "start", 800), change("2026-02-10", "past_due", 800), change("2026-03-01", "expire", 800))
    assert told(found) == [("2026-01-10", "new", 800, 1), ("2026-03-01", "churn", -800, -1)]


def test_a_cancellation_counts_at_the_end_of_the_paid_period_or_at_once() -> None:
    changes = change("2026-01-10", "start", 800), change("2026-02-15", "cancel", 800, ends_at="2026-03-10")
    assert told(of(*changes))[1] == ("2026-03-10", "churn", -800, -1)
    assert told(of(*changes, tenant=AT_ONCE))[1] == ("2026-02-15", "churn", -800, -1)


def test_a_cancellation_taken_back_before_the_period_ends_never_happened() -> None:
    changes = (
        change("2026-01-10", "start", 800),
        change("2026-02-15", "cancel", 800, ends_at="2026-03-10"),
        change("2026-03-01", "reactivate", 800),
    )
    assert told(of(*changes)) == [("2026-01-10", "new", 800, 1)]
    assert [m for _, m, _, _ in told(of(*changes, tenant=AT_ONCE))] == ["new", "churn", "reactivation"]


def test_two_changes_within_an_hour_count_as_one_at_the_last() -> None:
    found = of(
        change("2026-01-10 10:00", "start", 1000),
        change("2026-01-10 10:55", "upgrade", 3000),  # still the hour that began at 10:00: new, 3000
        change("2026-01-10 11:30", "downgrade", 2000),  # later than an hour after 10:00
        change("2026-01-10 12:20", "upgrade", 2000),  # no change at all
        change("2026-01-10 12:31", "upgrade", 2600),  # later than an hour after 11:30
    )
    assert [(m, d) for _, m, d, _ in told(found)] == [("new", 3000), ("contraction", -1000), ("expansion", 600)]
    assert found["ts"][0] == pd.Timestamp("2026-01-10 10:55")


def test_a_start_cancelled_within_the_hour_leaves_no_trace() -> None:
    assert of(change("2026-01-10 10:00", "start", 1000), change("2026-01-10 10:40", "cancel", 1000)).empty


def test_a_change_of_plan_leaves_one_plan_and_joins_the_other() -> None:
    found = of(change("2026-01-10", "start", 1000), change("2026-02-10", "upgrade", 3000, plan="team"))
    assert by_plan(found) == [("2026-01-10", "pro", 1000, 1), ("2026-02-10", "pro", -1000, -1), ("2026-02-10", "team", 3000, 1)]
    assert list(found["movement"]) == ["new", "expansion", "expansion"]


def test_customers_are_counted_under_the_plan_that_holds_most_of_their_mrr() -> None:
    found = of(
        change("2026-01-10", "start", 1000),
        change("2026-01-20", "start", 500, subscription_id="s2", plan="team"),  # still pro: 1000 > 500
        change("2026-02-10", "downgrade", 200),  # pro 200, team 500: counted under team now, though team's own MRR stands still
        change("2026-03-10", "cancel", 500, subscription_id="s2"),  # back to pro
    )
    assert by_plan(found) == [
        ("2026-01-10", "pro", 1000, 1),
        ("2026-01-20", "team", 500, 0),
        ("2026-02-10", "pro", -800, -1),
        ("2026-02-10", "team", 0, 1),
        ("2026-03-10", "pro", 0, 1),
        ("2026-03-10", "team", -500, -1),
    ]
    assert found.groupby("ts")["customers_delta"].sum().tolist() == [1, 0, 0, 0]


def test_a_move_to_another_country_moves_the_mrr_without_changing_it() -> None:
    found = of(change("2026-01-10", "start", 1000), change("2026-02-10", "quantity", 1000, country="BE"))
    assert [(r.country, r.delta_minor, r.customers_delta) for r in found.itertuples()] == [
        ("FR", 1000, 1),
        ("BE", 1000, 1),
        ("FR", -1000, -1),
    ]
    assert told(found)[1] == ("2026-02-10", "expansion", 0, 0)


def test_what_a_later_row_leaves_out_is_as_it_was() -> None:
    found = of(change("2026-01-10", "start", 1000), change("2026-02-10", "price", 1200, country=None, plan=None, channel=None))
    assert [(r.country, r.plan, r.delta_minor) for r in found.itertuples()] == [("FR", "pro", 1000), ("FR", "pro", 200)]


def test_a_subscription_handed_over_leaves_one_customer_and_joins_the_other() -> None:
    found = of(change("2026-01-10", "start", 1000), change("2026-02-10", "quantity", 1000, customer="a2"))
    assert [(r.customer, r.movement, r.delta_minor) for r in found.itertuples()] == [
        ("a1", "new", 1000), ("a1", "churn", -1000), ("a2", "new", 1000),
    ]  # fmt: skip


def test_the_rate_is_locked_when_the_customer_first_pays_in_a_currency() -> None:
    dated = pd.DataFrame({"day": pd.to_datetime(["2026-01-01", "2026-02-01"]), "currency": ["USD", "USD"], "rate": [0.9, 0.5]})
    found = of(
        change("2026-01-10", "start", 1005, currency="USD"),
        change("2026-02-10", "upgrade", 1999, currency="USD"),
        change("2026-03-10", "cancel", 1999, currency="USD"),
        rates=known_rates(dated, "EUR"),
    )
    # 1005 × 0.9 = 904.5 -> 905; 1999 × 0.9 = 1799.1 -> 1799; 1799 - 905 = 894: the rate of February plays no part
    assert list(found["delta_base_minor"]) == [905, 894, -1799]


def test_a_currency_without_cents_is_converted_by_its_unit() -> None:
    dated = pd.DataFrame({"day": pd.to_datetime(["2026-01-01"]), "currency": ["JPY"], "rate": [0.006]})
    found = of(change("2026-01-10", "start", 5000, currency="JPY"), rates=known_rates(dated, "EUR"))
    assert list(found["delta_base_minor"]) == [3000]  # ¥5000 × 0.006 = €30.00


def test_without_a_rate_the_base_amount_is_missing_and_never_guessed() -> None:
    dated = pd.DataFrame({"day": pd.to_datetime(["2026-02-01"]), "currency": ["USD"], "rate": [0.9]})
    found = of(change("2026-01-10", "start", 1000, currency="USD"), change("2026-03-01", "cancel", 1000), rates=known_rates(dated, "EUR"))
    assert list(found["delta_minor"]) == [1000, -1000]
    assert found["delta_base_minor"].isna().all()  # first paid in January, before the first rate
    assert list(found["movement"]) == ["new", "churn"]


def test_days_are_the_tenants() -> None:
    found = of(change("2026-01-31 23:30", "start", 1000))  # 00:30 on 1 February in Paris
    assert (str(found["day"][0]), str(found["active_since_day"][0]), str(found["customer_since_day"][0])) == ("2026-02-01",) * 3


def test_order_of_arrival_does_not_matter() -> None:
    changes = rows(
        change("2026-01-10", "start", 1000), change("2026-02-10", "upgrade", 3000, plan="team"), change("2026-04-10", "cancel", 3000)
    )
    straight, shuffled = (movements(frame, NO_RATES, PARIS) for frame in (changes, changes.iloc[::-1]))
    pd.testing.assert_frame_equal(straight, shuffled)


def test_nothing_in_nothing_out() -> None:
    assert movements(rows(change("2026-01-10", "start", 0)), NO_RATES, PARIS).empty


# The replay: what is true of one customer at one instant, with no arrays and no state but the rows themselves.

PLANS, COUNTRIES, CURRENCIES = ("pro", "team", "max"), ("FR", "BE"), ("EUR", "USD")
RATE = {"EUR": 1.0, "USD": 0.87}
USD_RATES = Rates("EUR", {"USD": (np.array(["2026-01-01"], "datetime64[D]"), np.array([0.87]))})
START = datetime(2026, 1, 5)


def held(changes: list[dict], at: datetime) -> dict[tuple[str, str, str], int]:
    """MRR by plan, country and currency of one customer at an instant."""
    now: dict[tuple[str, str, str], int] = defaultdict(int)
    for subscription in {c["subscription_id"] for c in changes}:
        state = None
        for c in (c for c in changes if c["subscription_id"] == subscription and c["ts"] <= at):
            if c["status"] == "cancelled":
                ends, over = c["ends_at"] or c["ts"], state and state[1] and state[1] <= c["ts"]
                state = (*state[:1], ends) if state and not over and ends > c["ts"] else None  # what has ended cannot be cancelled
            else:
                state = (c, None) if c["status"] in ("active", "past_due") else None
        if state and (state[1] is None or at < state[1]):
            c = state[0]
            now[c["plan"], c["country"], c["currency"]] += c["mrr_minor"]
    return {key: minor for key, minor in now.items() if minor}


def instants(changes: list[dict]) -> list[datetime]:
    """Every instant at which something the customer holds changes."""
    moments = sorted({c["ts"] for c in changes} | {c["ends_at"] for c in changes if c["ends_at"]})
    return [t for t in moments if held(changes, t) != held(changes, t - timedelta(microseconds=1))]


def replayed(changes: list[dict]) -> list[tuple[datetime, dict, dict]]:
    """The customer's changes, an hour's worth at a time: when, what was held before, what after."""
    moments, told_of, before = instants(changes), [], {}
    while moments:
        together = [t for t in moments if t - moments[0] <= timedelta(hours=1)]
        moments = moments[len(together) :]
        after = held(changes, together[-1])
        told_of.append((together[-1], before, after))
        before = after
    return told_of


def name_of(before: dict, after: dict, ever: bool) -> str:
    if not before:
        return "reactivation" if ever else "new"
    if not after:
        return "churn"
    return "contraction" if base(after) < base(before) else "expansion"


def base(holding: dict) -> int:
    return sum(floor(minor * RATE[currency] + 0.5) for (_, _, currency), minor in holding.items())


@st.composite
def histories(draw: st.DrawFn) -> list[dict]:
    """Up to a dozen changes of up to three subscriptions of one customer, minutes to weeks apart."""
    at, made = START, []
    for i in range(draw(st.integers(1, 12))):
        at += timedelta(minutes=draw(st.sampled_from([1, 20, 59, 60, 61, 200, 60 * 24, 60 * 24 * 9])))
        status = draw(st.sampled_from(["active", "active", "active", "past_due", "paused", "trialing", "cancelled"]))
        ends = (
            at + timedelta(minutes=draw(st.sampled_from([30, 60 * 24 * 3, 60 * 24 * 30])))
            if status == "cancelled" and draw(st.booleans())
            else None
        )
        named = "cancel" if status == "cancelled" else "upgrade"
        one_of = {"plan": PLANS, "country": COUNTRIES, "currency": CURRENCIES, "subscription_id": ("s1", "s2", "s3")}
        picked = {key: draw(st.sampled_from(values)) for key, values in one_of.items()}
        made.append(
            {
                "id": f"{i:04}",
                "ts": at,
                "change": named,
                "status": status,
                "ends_at": ends,
                "mrr_minor": draw(st.integers(1, 5000)),
                **picked,
            }
        )
    return made


@given(histories())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_same_as_a_replay_that_looks_at_one_instant_at_a_time(history: list[dict]) -> None:
    found = movements(rows(*history), USD_RATES, PARIS)
    changes, ever, expected = replayed(history), False, []
    for at, before, after in changes:
        for key in set(before) | set(after):
            delta = after.get(key, 0) - before.get(key, 0)
            if delta:
                expected.append((at, *key, name_of(before, after, ever), delta))
        ever = ever or bool(after)
    got = [(r.ts.to_pydatetime(), r.plan, r.country, r.currency, r.movement, r.delta_minor) for r in found.itertuples() if r.delta_minor]
    assert sorted(got) == sorted(expected)


@given(histories())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_sums_telescope_in_every_slice_and_customers_count_once(history: list[dict]) -> None:
    found = movements(rows(*history), USD_RATES, PARIS)
    for at, _, after in replayed(history):
        until = found[found["ts"] <= at]
        by_slice = until.groupby(["plan", "country", "currency"])["delta_minor"].sum()
        assert {key: minor for key, minor in by_slice.items() if minor} == after
        subscriptions_apart = dict.fromkeys(CURRENCIES, 0)
        for (_, _, currency), minor in after.items():
            subscriptions_apart[currency] += minor
        assert until["customers_delta"].sum() == (1 if after else 0)
        counted = until.groupby("plan")["customers_delta"].sum()
        assert set(counted) <= {0, 1}
        assert abs(int(until["delta_base_minor"].sum()) - sum(m * RATE[c] for c, m in subscriptions_apart.items())) <= 3
    assert found.empty or int(found[found["movement"] == "new"]["customers_delta"].sum()) in (0, 1)


@pytest.mark.parametrize("customers", [2000])
def test_many_customers_at_once_are_each_as_alone(customers: int) -> None:
    one = [change("2026-01-10", "start", 1000), change("2026-02-10", "upgrade", 3000, plan="team"), change("2026-04-10", "cancel", 3000)]
    everyone = pd.concat([rows(*({**c, "customer": f"a{i}", "subscription_id": f"s{i}"} for c in one)) for i in range(customers)])
    found = movements(everyone, NO_RATES, PARIS)
    assert found.groupby("customer").size().unique().tolist() == [4]
    assert int(found["delta_base_minor"].sum()) == 0
