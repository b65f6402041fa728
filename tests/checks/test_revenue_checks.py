"""Every revenue number of the demonstration against SQL written by hand from `subscriptions` and `payments`.

The check queries know nothing of `mrr_movements`. They lean on what is true of the demonstration: each customer has one
subscription, and no two changes that move MRR opposite ways lie within an hour.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from analytics.kinds.aggregate import Aggregate
from analytics.kinds.retention import Retention
from analytics.metrics import METRICS
from analytics.metrics.payments import PAYMENTS
from analytics.metrics.revenue import REVENUE
from data_access.clock import to_utc
from demo.business import LUMEN
from tests.checks.conftest import Demo

T = LUMEN.key
# Every change of what a subscription is worth: moment, was, mrr, in its own currency and in euros at the locked rate.
LEDGER = f"""
WITH states AS (
  SELECT customer, subscription_id, plan, country, currency, ts AS moment,
         CASE WHEN status IN ('active', 'past_due') THEN mrr_minor ELSE 0 END AS mrr
  FROM subscriptions WHERE tenant = {T} AND NOT (change = 'cancel' AND ends_at > ts)
  UNION ALL
  SELECT customer, subscription_id, plan, country, currency, ends_at, 0
  FROM (SELECT *, lead(ts) OVER (PARTITION BY subscription_id ORDER BY ts) AS following FROM subscriptions WHERE tenant = {T}) AS s
  WHERE change = 'cancel' AND ends_at > ts AND (following IS NULL OR following > ends_at)
),
steps AS (SELECT *, lag(mrr, 1, 0) OVER (PARTITION BY subscription_id ORDER BY moment) AS was FROM states),
rates AS (
  SELECT s.customer, (SELECT rate FROM fx_rates AS f WHERE f.tenant = {T} AND f.currency = s.currency AND f.day <= s.day
                      ORDER BY f.day DESC LIMIT 1) AS rate
  FROM (SELECT customer, currency, min(day) AS day FROM subscriptions WHERE tenant = {T} GROUP BY customer, currency) AS s
),
ledger AS (
  SELECT steps.*, row_number() OVER (PARTITION BY steps.customer ORDER BY moment) AS n,
         CASE WHEN currency = 'EUR' THEN mrr ELSE floor(mrr * rate + 0.5) END AS euros,
         CASE WHEN currency = 'EUR' THEN was ELSE floor(was * rate + 0.5) END AS were
  FROM steps JOIN rates ON rates.customer = steps.customer WHERE mrr <> was
)
"""
MONTHS = [date(2025, 10, 1), date(2026, 1, 1), date(2026, 3, 1), date(2026, 5, 1)]


def bounds(month: date) -> tuple[str, str]:
    """The month in Paris as instants in UTC."""
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return tuple(str(to_utc(datetime(d.year, d.month, d.day), LUMEN.zone)) for d in (month, following))  # type: ignore[return-value]


def one(demo: Demo, select: str, month: date) -> float:
    start, end = bounds(month)
    value = demo.sql(LEDGER + select.replace(":start", f"TIMESTAMP '{start}'").replace(":end", f"TIMESTAMP '{end}'")).iloc[0, 0]
    return float(value) if value == value and value is not None else 0.0


MRR = "SELECT sum(euros - were) FROM ledger WHERE moment < {}"
HOW_MANY = "SELECT sum(CASE WHEN was = 0 THEN 1 WHEN mrr = 0 THEN -1 ELSE 0 END) FROM ledger WHERE moment < {}"
IN_MONTH = "FROM ledger WHERE moment >= :start AND moment < :end AND "
# What customers who paid at the start did up to their first churn of the month.
STAYED = """, begun AS (SELECT customer FROM ledger WHERE moment < :start GROUP BY customer HAVING sum(mrr - was) > 0),
gone AS (SELECT customer, min(moment) AS left_at FROM ledger WHERE moment >= :start AND moment < :end AND mrr = 0 GROUP BY customer)
SELECT sum(euros - were) FROM ledger JOIN begun USING (customer) LEFT JOIN gone USING (customer)
WHERE moment >= :start AND moment < :end AND (left_at IS NULL OR moment <= left_at) AND {}"""
CHECKS: dict[str, str] = {
    "mrr": MRR.format(":end"),
    "mrr_opening": MRR.format(":start"),
    "customers": HOW_MANY.format(":end"),
    "customers_opening": HOW_MANY.format(":start"),
    "new_mrr": f"SELECT sum(euros) {IN_MONTH} was = 0 AND n = 1",
    "reactivation_mrr": f"SELECT sum(euros) {IN_MONTH} was = 0 AND n > 1",
    "churned_mrr": f"SELECT sum(were) {IN_MONTH} mrr = 0",
    "expansion_mrr": f"SELECT sum(euros - were) {IN_MONTH} was > 0 AND mrr > was",
    "contraction_mrr": f"SELECT sum(were - euros) {IN_MONTH} mrr > 0 AND mrr < was",
    "net_new_mrr": f"SELECT sum(euros - were) {IN_MONTH} 1 = 1",
    "new_customers": f"SELECT count(*) {IN_MONTH} was = 0 AND n = 1",
    "reactivated_customers": f"SELECT count(*) {IN_MONTH} was = 0 AND n > 1",
    "churned_customers": f"SELECT count(*) {IN_MONTH} mrr = 0",
    "net_new_customers": f"SELECT sum(CASE WHEN was = 0 THEN 1 WHEN mrr = 0 THEN -1 ELSE 0 END) {IN_MONTH} 1 = 1",
    "retained_mrr_change": STAYED.format("1 = 1"),
    "retained_mrr_loss": STAYED.replace("sum(euros - were)", "sum(were - euros)").format("mrr < was"),
}

Numbers = dict[str, float]
FORMULAS: dict[str, Callable[[Numbers], float]] = {
    "arr": lambda v: v["mrr"] * 12,
    "arpa": lambda v: v["mrr"] / v["customers"],
    "logo_churn": lambda v: v["churned_customers"] / v["customers_opening"],
    "gross_mrr_churn": lambda v: (v["churned_mrr"] + v["contraction_mrr"]) / v["mrr_opening"],
    "net_mrr_churn": lambda v: (v["churned_mrr"] + v["contraction_mrr"] - v["expansion_mrr"] - v["reactivation_mrr"]) / v["mrr_opening"],
    "nrr": lambda v: 1 + v["retained_mrr_change"] / v["mrr_opening"],
    "grr": lambda v: 1 - v["retained_mrr_loss"] / v["mrr_opening"],
    "quick_ratio": lambda v: (v["new_mrr"] + v["expansion_mrr"] + v["reactivation_mrr"]) / (v["contraction_mrr"] + v["churned_mrr"]),
    "mrr_growth": lambda v: v["mrr"] / v["mrr_opening"] - 1,
    "ltv": lambda v: v["mrr"] / v["customers"] / (v["churned_customers"] / v["customers_opening"] / (v["days"] / (365.25 / 12))),
}


def asked(demo: Demo, names: tuple[str, ...], month: date, **more) -> dict[str, float | None]:
    last = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    period = f"{month}~{date.fromordinal(last.toordinal() - 1)}"
    return demo.ask(Aggregate(metrics=names, period=period, **more), LUMEN).totals


@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_the_ledger_against_subscriptions(demo: Demo, month: date) -> None:
    found = asked(demo, tuple(CHECKS), month)
    assert found == {name: one(demo, select, month) for name, select in CHECKS.items()}


@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_what_is_derived_from_it(demo: Demo, month: date) -> None:
    by_hand = {name: one(demo, select, month) for name, select in CHECKS.items()}
    by_hand["days"] = (date(month.year + month.month // 12, month.month % 12 + 1, 1) - month).days
    found = asked(demo, tuple(FORMULAS), month)
    assert found == {name: pytest.approx(formula(by_hand)) for name, formula in FORMULAS.items()}


@pytest.mark.parametrize("dimension", ["plan", "country", "currency"])
def test_mrr_of_each_slice(demo: Demo, dimension: str) -> None:
    """What every customer is on at the end of the month, from their last row."""
    _, end = bounds(MONTHS[-1])
    rows = demo.sql(
        LEDGER
        + f"""SELECT {dimension} AS slice, sum(euros) AS mrr, count(*) AS customers
        FROM (SELECT *, row_number() OVER (PARTITION BY customer ORDER BY moment DESC) AS last
              FROM ledger WHERE moment < TIMESTAMP '{end}') AS l
        WHERE last = 1 AND mrr > 0 GROUP BY {dimension}"""
    )
    query = Aggregate(metrics=("mrr", "customers"), by=(dimension,), period="2026-05-01~2026-05-31")
    frame = demo.ask(query, LUMEN).frame
    found = {row[dimension]: (row["mrr"], row["customers"]) for _, row in frame.iterrows() if row["mrr"] or row["customers"]}
    assert found == {row.slice: (row.mrr, row.customers) for row in rows.itertuples()}


FLOWS = ("mrr_opening", "new_mrr", "expansion_mrr", "reactivation_mrr", "contraction_mrr", "churned_mrr", "mrr")


CUTS = {"total": (), "plan": ("plan",), "country": ("country",), "kind": ("kind",), "channel": ("channel",), "currency": ("currency",)}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_the_identity_holds_on_every_day(demo: Demo, cut: tuple[str, ...]) -> None:
    """start + new + expansion + reactivation - contraction - churn = end, and each day begins where the one before ended."""
    for first, last in (("2024-01-01", "2024-12-31"), ("2025-01-01", "2025-12-31"), ("2026-01-01", "2026-06-15")):
        frame = demo.ask(Aggregate(metrics=FLOWS, grain="day", period=f"{first}~{last}", by=cut, totals=False), LUMEN).frame
        won = frame["new_mrr"] + frame["expansion_mrr"] + frame["reactivation_mrr"]
        assert (frame["mrr_opening"] + won - frame["contraction_mrr"] - frame["churned_mrr"] == frame["mrr"]).all()
        frame = frame.sort_values([*cut, "bucket"])
        before = frame.groupby(list(cut))["mrr"].shift(1) if cut else frame["mrr"].shift(1)
        assert (before.isna() | (before == frame["mrr_opening"])).all()


def test_the_identity_holds_in_each_currency_of_its_own(demo: Demo) -> None:
    """In the customers' own money, where no rate can hide anything: the ledger's sum is what subscriptions say, day by day."""
    rows = demo.sql(LEDGER + "SELECT currency, CAST(moment AS DATE) AS day, sum(mrr - was) AS moved FROM ledger GROUP BY 1, 2")
    kept = demo.sql(
        f"SELECT currency, CAST(ts AS DATE) AS day, sum(delta_minor) AS moved FROM mrr_movements WHERE tenant = {T} GROUP BY 1, 2"
    )
    by_hand, found = ({key: v for key, v in frame.groupby(["currency", "day"])["moved"].sum().items() if v} for frame in (rows, kept))
    assert found == by_hand


SPAN = "tenant = {t} AND day >= DATE '{first}' AND day <= DATE '{last}'"
PAID = f"FROM payments WHERE {SPAN} AND "
PAYMENT_CHECKS = {
    "gross_revenue": f"SELECT sum(amount_base_minor) {PAID} type = 'captured'",
    "refunds": f"SELECT sum(amount_base_minor) {PAID} type = 'refunded'",
    "revenue": f"SELECT sum(CASE type WHEN 'captured' THEN 1 ELSE -1 END * amount_base_minor) {PAID} type IN ('captured', 'refunded')",
    "captured_payments": f"SELECT count(*) {PAID} type = 'captured'",
    "failed_payments": f"SELECT count(*) {PAID} type = 'failed'",
    "payment_fees": f"SELECT sum(round(CAST(fee_minor AS DOUBLE PRECISION) * amount_base_minor / amount_minor)) {PAID} fee_minor > 0",
    "marketing_cost": f"SELECT sum(cost_base_minor) FROM channel_costs WHERE {SPAN}",
    "active_users": f"SELECT count(DISTINCT user_key) FROM events WHERE {SPAN}",
    "sessions": f"SELECT count(*) FROM sessions WHERE {SPAN}",
}
PAYMENT_FORMULAS: dict[str, Callable[[Numbers], float]] = {
    "refund_rate": lambda v: v["refunds"] / v["gross_revenue"],
    "payment_success_rate": lambda v: v["captured_payments"] / (v["captured_payments"] + v["failed_payments"]),
    "revenue_per_user": lambda v: v["revenue"] / v["active_users"],
    "revenue_per_session": lambda v: v["revenue"] / v["sessions"],
    "cac": lambda v: v["marketing_cost"] / v["new_customers"],
    "cac_payback": lambda v: v["marketing_cost"] / v["new_customers"] / (v["mrr"] / v["customers"]),
}


def test_payments_and_costs(demo: Demo) -> None:
    span = {"t": T, "first": "2026-05-01", "last": "2026-05-31"}
    by_hand = {name: float(demo.sql(select.format(**span)).iloc[0, 0]) for name, select in PAYMENT_CHECKS.items()}
    month = date(2026, 5, 1)
    assert asked(demo, tuple(by_hand), month) == by_hand
    by_hand |= {name: one(demo, CHECKS[name], month) for name in ("mrr", "customers", "new_customers")}
    expected = {name: pytest.approx(formula(by_hand)) for name, formula in PAYMENT_FORMULAS.items()}
    assert asked(demo, tuple(PAYMENT_FORMULAS), month) == expected


def test_every_revenue_metric_is_checked() -> None:
    checked = {*CHECKS, *FORMULAS, *PAYMENT_CHECKS, *PAYMENT_FORMULAS}
    assert {m.name for m in (*REVENUE, *PAYMENTS)} - checked == {"mrr_margin", "bucket_days"}  # parts of ltv, which is
    assert checked <= set(METRICS)


# Winter months, in which Paris is an hour ahead.
COHORTS = """, first AS (SELECT customer, min(moment) AS since FROM ledger GROUP BY customer)
SELECT CAST(date_trunc('month', since + INTERVAL '1 hour') AS DATE) AS cohort, count(DISTINCT customer) AS joined,
       sum(euros - were) AS mrr
FROM ledger JOIN first USING (customer) WHERE moment < :end AND since >= TIMESTAMP '2025-10-31 23:00' GROUP BY 1 ORDER BY 1"""


def test_each_cohort_of_revenue_ends_at_what_its_customers_pay_now(demo: Demo) -> None:
    by_hand = demo.sql(LEDGER + COHORTS.replace(":end", "TIMESTAMP '2026-02-28 23:00'"))
    kept = demo.ask(Retention(subject="revenue_net", period="2025-11-01~2026-02-28"), LUMEN).frame
    customers = demo.ask(Retention(subject="customers", period="2025-11-01~2026-02-28"), LUMEN).frame
    last = kept.groupby("cohort").tail(1).set_index("cohort")["value"]  # November, December, January now; February at its start
    assert last.tolist()[:3] == by_hand["mrr"].tolist()[:3]
    assert customers[customers["offset"] == 0]["size"].tolist() == by_hand["joined"].tolist()
