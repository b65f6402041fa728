"""What customers who first paid in the same bucket paid later: the rows behind a retention grid of customers or revenue."""

from __future__ import annotations

from typing import Any

import pandas as pd
import sqlalchemy as sa

from analytics.compile import condition
from analytics.metric import Scan
from analytics.money import lacking_rate
from analytics.period import Grain
from analytics.sources.revenue import MOVEMENTS
from data_access.functions import bucket_day


def statement(scan: Scan, grain: Grain, *, each: bool) -> sa.Select[Any]:
    """`cohort` and `bucket` (first days), `mrr` and `customers` gained in the bucket, `joined_mrr` and `joined` among them by the
    first payment, and `lacking`: the currencies without a rate. One row per `customer` too where `each`.

    The filters choose customers by what they first paid for; all that these customers do later counts.
    """
    rows = MOVEMENTS.build(scan)
    cohort = bucket_day(rows.c.customer_since_day, str(grain), scan.tenant.week_start)
    bucket = bucket_day(rows.c.day, str(grain), scan.tenant.week_start)
    keys = {"cohort": cohort, "bucket": bucket} | ({"customer": rows.c.customer} if each else {})
    joins = rows.c.movement == "new"
    sums = [
        sa.func.sum(rows.c.delta_base_minor).label("mrr"),
        sa.func.sum(rows.c.customers_delta).label("customers"),
        sa.func.sum(sa.case((joins, rows.c.delta_base_minor), else_=0)).label("joined_mrr"),
        sa.func.sum(sa.case((joins, rows.c.customers_delta), else_=0)).label("joined"),
        lacking_rate("delta")(rows).label("lacking"),
    ]
    bounds = [
        rows.c.tenant == scan.tenant.key,
        rows.c.customer_since_day >= scan.period.first,
        rows.c.day < scan.period.last,
        *_chosen(rows, scan),
    ]
    select = sa.select(*(key.label(name) for name, key in keys.items()), *sums)
    return select.where(*bounds).group_by(*keys.values())


def _chosen(rows: sa.FromClause, scan: Scan) -> list[sa.ColumnElement[bool]]:
    if not scan.filters:
        return []
    began = MOVEMENTS.build(scan).alias("began")
    first = sa.select(began.c.customer).where(began.c.tenant == scan.tenant.key, began.c.movement == "new")
    return [rows.c.customer.in_(first.where(*(condition(began, f, scan) for f in scan.filters)))]


def least_paid(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` (one per customer and bucket) with `mrr` as the change of the least that the customer has paid since the start, measured
    at the first payment and at the end of each bucket: growth never makes good what was lost."""
    rows = rows.sort_values(["customer", "bucket"], ignore_index=True)
    of_customer = rows["customer"]
    paid = rows.groupby(of_customer, sort=False)["mrr"].cumsum()
    at_first = rows.groupby(of_customer, sort=False)["joined_mrr"].transform("sum")
    least = paid.clip(upper=at_first).groupby(of_customer, sort=False).cummin()
    return rows.assign(mrr=least.groupby(of_customer, sort=False).diff().fillna(least))
