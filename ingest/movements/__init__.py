"""MRR movements: derived from `subscriptions` by the writer, in its own transaction.

The rules are those of docs/revenue.md. `movements` is the pure calculation; `refresh` and `rebuild` read and write.
"""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from accounts.actor import Tenant
from data_access.schema import fx_rates, mrr_movements, subscriptions
from data_access.warehouse import Transaction
from ingest.days import local_days
from ingest.movements.classify import CHANGE, cells, classified, counted, main_slices
from ingest.movements.ledger import Rates, entries, merged, worth
from ingest.movements.rates import known_rates
from ingest.movements.states import SLICE, effective_states

__all__ = ["Rates", "movements", "rebuild", "refresh"]

READ = [
    "id", "ts", "subscription_id", "customer", "change", "status", "plan", "kind", "country", "channel", "currency",
    "user_key", "account_key", "mrr_minor", "ends_at",
]  # fmt: skip
KEYS = ["user_key", "account_key"]
COLUMNS = [column.name for column in mrr_movements.columns]


def movements(rows: pd.DataFrame, rates: Rates, tenant: Tenant) -> pd.DataFrame:
    """The movements of every customer in `rows`, by customer and time, in the columns of `mrr_movements`.

    `rows`: all rows of `subscriptions` of these customers, columns READ, any order, naive UTC instants. One row per customer,
    change and slice (plan, kind, country, channel, currency). Sums of `delta_minor` are exact in any slice; `delta_base_minor` is
    missing where no rate of exchange was known when the customer first paid in the currency.
    """
    booked = entries(effective_states(rows[rows["customer"].notna()], tenant.churn_at))
    if booked.empty:
        return pd.DataFrame(columns=COLUMNS)
    booked["base"] = worth(booked, rates, tenant.time_zone)
    codes = pd.factorize(booked["customer"], sort=True)[0].astype("int64")
    counts_at = merged(codes, booked["ts"].astype("datetime64[us]").astype("int64").to_numpy())
    booked["ts"] = pd.Series(counts_at, index=booked.index).astype("datetime64[us]")
    summed = cells(booked)
    mains = classified(summed, main_slices(summed))
    return _described(_rows(summed, mains), booked, tenant)


def _rows(summed: pd.DataFrame, mains: pd.DataFrame) -> pd.DataFrame:
    """Amounts and counts side by side with the name of the change; nothing where all are 0."""
    rows = summed.merge(counted(mains), on=[*CHANGE, "slice"], how="outer")
    rows["customers"] = rows["customers"].fillna(0).astype("int64")
    rows["minor"] = rows["minor"].fillna(0).astype("int64")
    rows["base"] = rows["base"].mask(rows["minor"].eq(0) & rows["base"].isna(), 0)
    rows = rows[rows["minor"].ne(0) | rows["base"].fillna(0).ne(0) | rows["customers"].ne(0)]
    return rows.merge(mains[[*CHANGE, "movement", "active_since", "customer_since"]], on=CHANGE)


def _described(rows: pd.DataFrame, booked: pd.DataFrame, tenant: Tenant) -> pd.DataFrame:
    """With the slice's own columns, the subscription and person behind it, and tenant days."""
    about = booked[["customer", "ts", "slice", "subscription_id", *SLICE, *KEYS]].sort_values("ts", kind="stable")
    rows = pd.merge_asof(rows.sort_values("ts", kind="stable"), about, on="ts", by=["customer", "slice"])
    rows = rows.sort_values([*CHANGE, "slice"], kind="stable", ignore_index=True)
    rows = rows.rename(columns={"minor": "delta_minor", "base": "delta_base_minor", "customers": "customers_delta"})
    for instant, day in (("ts", "day"), ("active_since", "active_since_day"), ("customer_since", "customer_since_day")):
        rows[day] = _day(rows[instant], tenant)
    rows[KEYS] = rows[KEYS].astype("Int64")
    return rows.assign(tenant=tenant.key)[COLUMNS]


def _day(instants: pd.Series, tenant: Tenant) -> list[date]:
    """The tenant's calendar date of naive UTC instants."""
    return list(local_days(instants.to_numpy().astype("datetime64[us]").astype("int64"), tenant.time_zone).to_pylist())


def refresh(tx: Transaction, tenant: Tenant, customers: set[str]) -> frozenset[date]:
    """Derive again the movements of these customers, all of their history. Returns the tenant days touched.

    Customers with whom they ever shared a subscription are derived too, so that a subscription handed over leaves one
    and joins the other.
    """
    if not customers:
        return frozenset()
    mine = tx.stage("moved_customers", pa.table({"customer": pa.array(sorted(customers), pa.string())}))
    theirs = sa.select(subscriptions.c.subscription_id).where(
        _of(subscriptions, tenant), subscriptions.c.customer.in_(sa.select(mine.c.customer))
    )
    sharing = sa.select(subscriptions.c.customer).where(_of(subscriptions, tenant), subscriptions.c.subscription_id.in_(theirs)).distinct()
    everyone = sorted(customers | set(tx.read(sharing)["customer"].dropna()))
    staged = tx.stage("moved_everyone", pa.table({"customer": pa.array(everyone, pa.string())}))
    among = sa.select(staged.c.customer)
    touched = sa.select(subscriptions.c.subscription_id).where(_of(subscriptions, tenant), subscriptions.c.customer.in_(among))
    wanted = sa.or_(subscriptions.c.subscription_id.in_(touched), subscriptions.c.customer.in_(among))
    derived = _derive(tx, tenant, wanted)
    return _replace(tx, tenant, derived[derived["customer"].isin(everyone)], mrr_movements.c.customer.in_(among))


def rebuild(tx: Transaction, tenant: Tenant) -> frozenset[date]:
    """Derive the movements of every customer of the tenant again. Returns the tenant days touched."""
    return _replace(tx, tenant, _derive(tx, tenant, sa.true()), sa.true())


def _derive(tx: Transaction, tenant: Tenant, wanted: sa.ColumnElement[bool]) -> pd.DataFrame:
    rows = tx.read(sa.select(*(subscriptions.c[name] for name in READ)).where(_of(subscriptions, tenant), wanted))
    dated = tx.read(sa.select(fx_rates.c.day, fx_rates.c.currency, fx_rates.c.rate).where(_of(fx_rates, tenant)))
    return movements(rows, known_rates(dated, tenant.currency), tenant)


def _replace(tx: Transaction, tenant: Tenant, derived: pd.DataFrame, which: sa.ColumnElement[bool]) -> frozenset[date]:
    mine = sa.and_(_of(mrr_movements, tenant), which)
    before = tx.read(sa.select(mrr_movements.c.day).where(mine).distinct())["day"]
    tx.execute(sa.delete(mrr_movements).where(mine))
    if len(derived):
        tx.append("mrr_movements", pa.Table.from_pandas(derived, preserve_index=False))
    return frozenset(pd.to_datetime(before).dt.date) | frozenset(derived["day"])


def _of(table: sa.Table, tenant: Tenant) -> sa.ColumnElement[bool]:
    return table.c.tenant == tenant.key
