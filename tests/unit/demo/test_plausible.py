"""Lumen looks like a healthy company: the figures a board would see lie where such companies' figures lie."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from demo.business import LUMEN, SCALES
from demo.lumen import Lumen
from demo.subscriptions import CHANGES, LATE, RETRY, STATUSES
from demo.world import World


@pytest.fixture(scope="module")
def company() -> Lumen:
    return Lumen(World(SCALES["default"], LUMEN, date(2026, 11, 20)))


@pytest.fixture(scope="module")
def months(company) -> pd.DataFrame:
    """MRR in whole units of each currency taken together, customers and what moved, per month."""
    rows = pd.DataFrame(company.book.changes).sort_values(["customer", "ts"], kind="stable")
    before = rows.groupby("customer").mrr.shift().fillna(0)
    rows["delta"], rows["joins"] = (rows.mrr - before) / 100, (before == 0) & (rows.mrr > 0)
    rows["leaves"] = (before > 0) & (rows.mrr == 0)
    rows["kept"] = np.where(rows.joins, 0, rows.delta)
    rows["month"] = pd.to_datetime(rows.ts, unit="us").dt.to_period("M")
    found = rows.groupby("month")[["delta", "joins", "leaves", "kept"]].sum()
    found["mrr"], found["customers"] = found.delta.cumsum(), (found.joins - found.leaves).cumsum()
    return found


def test_recurring_revenue_grows_to_a_few_hundred_thousand(months):
    assert 250_000 < months.mrr.iloc[-1] < 600_000
    assert (months.mrr.diff().iloc[1:-1] > 0).all()


def test_customers_and_what_they_pay(months):
    assert 1_500 < months.customers.iloc[-1] < 3_500
    assert 100 < months.mrr.iloc[-1] / months.customers.iloc[-1] < 250


def test_few_customers_leave(months):
    churn = (months.leaves / months.customers.shift()).iloc[-13:-1]
    assert 0.01 < churn.mean() < 0.03


def test_customers_expand_about_as_much_as_they_leave(months):
    last_year = months.iloc[-13:-1]
    retention = 1 + (last_year.kept / months.mrr.shift().iloc[-13:-1]).mean() * 12
    assert 0.97 < retention < 1.15


def test_every_change_and_status_occurs(company):
    assert set(company.book.changes["change"].tolist()) == set(range(len(CHANGES)))
    assert set(company.book.changes["status"].tolist()) == set(range(len(STATUSES)))


def test_nobody_changes_twice_at_one_instant(company):
    rows = company.book.changes
    assert len(set(zip(rows["customer"].tolist(), rows["ts"].tolist(), strict=True))) == len(rows["ts"])


def test_each_invoice_that_is_paid_is_charged_once(company):
    """Captured recurring charges are the invoices less those never paid: money and subscriptions agree to the cent."""
    bills, made = company.book.invoices, company.charges
    before = company.world.stories["payment_outage"].span[0]  # in the outage payments are put off
    paid_at = bills["ts"] + np.array([0, RETRY, LATE, 0])[bills["outcome"]] + 20_000_000
    owed = bills["amount"][(paid_at < before) & (bills["outcome"] < 3)].sum()
    assert made.amount[made.recurring & (made.decline < 0) & (made.ts < before)].sum() == owed


def test_weekends_are_quiet_and_the_company_grows(company):
    day = pd.to_datetime(company.sessions.start, unit="us")
    by_weekday = pd.Series(day.dayofweek).value_counts()
    assert by_weekday[[5, 6]].max() < 0.6 * by_weekday[[0, 1, 2, 3]].min()
    by_month = pd.Series(day.to_period("M")).value_counts().sort_index()
    assert by_month.iloc[-2] > 1.5 * by_month.iloc[2]
