"""MRR movements, payments and what marketing costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from accounts.actor import Tenant
from analytics.metric import Scan, Source
from analytics.period import Grain, Resolved
from data_access.functions import add_days, bucket_day, bucket_hour, days_between, local_time
from data_access.schema import channel_costs, mrr_movements, payments

PERSON = frozenset({"plan", "kind", "country", "channel", "currency", "user"})
# Added to the first day of a bucket, these days reach the next bucket and never the one after.
_INTO_NEXT = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def gross_margin(tenant: Tenant) -> float:
    """The share of revenue that is left after the cost of delivering it: the tenant's setting `gross_margin`, or 1."""
    try:
        given = float(dict(tenant.settings).get("gross_margin", "1"))
    except ValueError:
        return 1.0
    return given if 0 < given <= 1 else 1.0


def _movements(scan: Scan) -> sa.FromClause:
    """The ledger up to now, with three columns that depend on the question: `at_start`, whether the customer already paid
    when the bucket began; `days`, how long the bucket is as far as the period covers it; and `margin`.

    A churn at the end of a paid period is written ahead of time: nothing after `until` has happened yet.
    """
    table = mrr_movements
    asked = [
        _at_start(table, scan).label("at_start"),
        _days(table, scan).label("days"),
        sa.literal(gross_margin(scan.tenant), sa.Double).label("margin"),
    ]
    return sa.select(table, *asked).where(table.c.ts < scan.period.until).subquery("movements")


def _at_start(table: sa.Table, scan: Scan) -> sa.ColumnElement[Any]:
    if scan.grain is Grain.HOUR:
        zone = scan.tenant.time_zone
        return local_time(table.c.active_since, zone) < bucket_hour(table.c.ts, zone)
    return table.c.active_since_day < _begin(table, scan)


def _begin(table: sa.Table, scan: Scan) -> sa.ColumnElement[Any]:
    """The first day of the row's bucket that the period covers."""
    first = sa.literal(scan.period.first, sa.Date)
    if scan.grain is None:
        return first
    return sa.func.greatest(bucket_day(table.c.day, str(scan.grain), scan.tenant.week_start), first)


def _days(table: sa.Table, scan: Scan) -> sa.ColumnElement[Any]:
    last = sa.literal(_reached(scan.period, scan.tenant.zone), sa.Date)
    if scan.grain is None:
        return days_between(sa.literal(scan.period.first, sa.Date), last)
    if scan.grain is Grain.HOUR:
        return sa.literal(1.0 / 24.0, sa.Double)
    begin = bucket_day(table.c.day, str(scan.grain), scan.tenant.week_start)
    following = bucket_day(add_days(begin, _INTO_NEXT[scan.grain]), str(scan.grain), scan.tenant.week_start)
    return days_between(_begin(table, scan), sa.func.least(following, last))


def _reached(period: Resolved, zone: ZoneInfo) -> Any:
    """The day after the last one that the period covers and that has begun."""
    until = period.until - timedelta(microseconds=1)
    today = until.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
    return min(period.last, today + timedelta(days=1))


def _payments(scan: Scan) -> sa.FromClause:
    return payments


def _costs(scan: Scan) -> sa.FromClause:
    return channel_costs


MOVEMENTS = Source("movements", ("mrr_movements",), _movements, PERSON | {"customer"})
PAYMENTS = Source("payments", ("payments",), _payments, PERSON | {"type", "provider", "method", "decline_code", "weekday", "hour_of_day"})
COSTS = Source("channel_costs", ("channel_costs",), _costs, frozenset({"channel", "campaign", "currency"}))
