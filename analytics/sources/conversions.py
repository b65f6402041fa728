"""Conversions, sign-up cohorts and first payments."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import sqlalchemy as sa

from analytics.metric import Scan, Source
from analytics.sources.events import PERSON_DIMENSIONS
from data_access.functions import add_days, seconds_between
from data_access.schema import conversions, payments

SIGN_UP = "sign_up"
COHORT_DAYS = 30
_PERSON = ("plan", "kind", "country", "channel")


def first_of(table: sa.Table, scan: Scan, only: sa.ColumnElement[bool], extra: tuple[str, ...] = ()) -> sa.Subquery:
    """Each user's first row of the tenant that meets `only`, over all history."""
    columns = [table.c[name] for name in ("tenant", "user_key", "ts", "day", *_PERSON, *extra)]
    place = sa.func.row_number().over(partition_by=table.c.user_key, order_by=[table.c.ts, table.c.id]).label("place")
    where = (table.c.tenant == scan.tenant.key, table.c.user_key.is_not(None), only)
    ranked = sa.select(*columns, place).where(*where).subquery(f"ranked_{table.name}")
    kept = [c for c in ranked.c if c.name != "place"]
    return sa.select(*kept).where(ranked.c.place == 1).subquery(f"first_{table.name}")


def _paid() -> sa.ColumnElement[bool]:
    return sa.and_(payments.c.type == "captured", payments.c.amount_minor > 0)


def _first_payments(scan: Scan) -> sa.FromClause:
    return first_of(payments, scan, _paid())


def _cohorts(scan: Scan) -> sa.FromClause:
    """First sign-ups whose 30 days are over, `paid` where the user's first payment came by then."""
    joined = first_of(conversions, scan, conversions.c.type == SIGN_UP, ("campaign",))
    paying = first_of(payments, scan, _paid())
    in_time = seconds_between(joined.c.ts, paying.c.ts) <= timedelta(days=COHORT_DAYS).total_seconds()
    paid = sa.case((sa.and_(paying.c.ts.is_not(None), in_time), 1), else_=0).label("paid")
    closed = add_days(joined.c.day, COHORT_DAYS) < today(scan)
    pairs = joined.outerjoin(paying, paying.c.user_key == joined.c.user_key)
    return sa.select(*joined.c, paid).select_from(pairs).where(closed).subquery("cohorts")


def today(scan: Scan) -> sa.ColumnElement[Any]:
    now = scan.now or scan.period.until.replace(tzinfo=UTC)
    return sa.cast(sa.literal(now.astimezone(scan.tenant.zone).date()), sa.Date)


CONVERSIONS = Source(
    "conversions", ("conversions",), lambda scan: conversions, PERSON_DIMENSIONS | {"type", "campaign", "ad_platform"}
)  # fmt: skip
SIGN_UP_COHORTS = Source(
    "sign_up_cohorts", ("conversions", "payments"), _cohorts, PERSON_DIMENSIONS | {"campaign"}, lookback=None, until_now=True
)
FIRST_PAYMENTS = Source("first_payments", ("payments",), _first_payments, PERSON_DIMENSIONS, lookback=None)
