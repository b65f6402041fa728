"""What became of those who signed up: whether they were active one, four and eight weeks later, and what they have paid."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from analytics.metric import Scan, Source
from analytics.sources.conversions import SIGN_UP, first_of, today
from analytics.sources.events import PERSON_DIMENSIONS
from data_access.functions import add_days, days_between, distinct_list
from data_access.schema import conversions, payments, rollup_user_day

WEEKS = (1, 4, 8)
WEEK = 7


def _joined(scan: Scan) -> sa.Subquery:
    """First sign-ups inside the period."""
    rows = first_of(conversions, scan, conversions.c.type == SIGN_UP, ("campaign",))
    return sa.select(*rows.c).where(rows.c.day >= scan.period.first, rows.c.day < scan.period.last).subquery("joined")


def _weeks(scan: Scan) -> sa.FromClause:
    """First sign-ups; for week n `due_n`: its days 7n to 7n + 6 are over; `back_n`: the user was active on one of them."""
    joined, seen = _joined(scan), _seen(scan)
    due = {n: add_days(joined.c.day, WEEK * (n + 1)) <= today(scan) for n in WEEKS}
    told = [sa.case((due[n], 1), else_=0).label(f"due_{n}") for n in WEEKS]
    told += [sa.case((due[n], sa.func.coalesce(seen.c[f"seen_{n}"], 0)), else_=0).label(f"back_{n}") for n in WEEKS]
    rows = joined.outerjoin(seen, seen.c.user_key == joined.c.user_key)
    return sa.select(*joined.c, *told).select_from(rows).subquery("weeks")


def _seen(scan: Scan) -> sa.Subquery:
    """For each user who signed up and was seen later, whether in week n: `seen_n`. Grouped by the key alone, which is many times
    faster than by all that is known of the sign-up."""
    joined, r = _joined(scan), rollup_user_day.c
    after = days_between(joined.c.day, r.day)
    found = [sa.func.max(sa.case((sa.and_(after >= WEEK * n, after < WEEK * (n + 1)), 1), else_=0)).label(f"seen_{n}") for n in WEEKS]
    rows = sa.select(r.user_key, *found).select_from(sa.join(rollup_user_day, joined, r.user_key == joined.c.user_key))
    mine = rows.where(r.tenant == scan.tenant.key, r.day >= add_days(scan.period.first, WEEK))
    return mine.group_by(r.user_key).subquery("seen")


def _revenue(scan: Scan) -> sa.FromClause:
    """First sign-ups with what each has paid up to now, less refunds: `paid` in minor units, and `lacking` a rate in a currency."""
    joined, p = _joined(scan), payments.c
    sign: sa.ColumnElement[Any] = sa.case((p.type == "captured", 1), (p.type == "refunded", -1))
    unrated = sa.case((sa.and_(p.amount_minor.is_not(None), p.amount_base_minor.is_(None)), sa.func.coalesce(p.currency, "?")))
    sums = (sa.func.sum(sign * p.amount_base_minor).label("paid"), distinct_list(unrated).label("lacking"))
    moved = (p.tenant == scan.tenant.key, p.type.in_(("captured", "refunded")), p.day >= scan.period.first)
    each = sa.select(p.user_key, *sums).where(*moved).group_by(p.user_key).subquery("each")
    rows = joined.outerjoin(each, each.c.user_key == joined.c.user_key)
    return sa.select(*joined.c, sa.func.coalesce(each.c.paid, 0).label("paid"), each.c.lacking).select_from(rows).subquery("worth")


_DIMENSIONS = PERSON_DIMENSIONS | {"campaign"}
SIGN_UP_WEEKS = Source("sign_up_weeks", ("conversions", "events"), _weeks, _DIMENSIONS, lookback=None, until_now=True)
SIGN_UP_REVENUE = Source("sign_up_revenue", ("conversions", "payments"), _revenue, _DIMENSIONS, lookback=None, until_now=True)
