"""Bookings, calls, payouts and commissions of a service marketplace, read as they are."""

from __future__ import annotations

import sqlalchemy as sa

from analytics.metric import Scan, Source
from data_access.schema import bookings, calls, commissions, payouts


def _source(table: sa.Table, dimensions: frozenset[str]) -> Source:
    def rows(scan: Scan) -> sa.FromClause:
        return table

    return Source(table.name, (table.name,), rows, dimensions)


PERSON = frozenset({"plan", "kind", "country", "channel", "user", "weekday", "hour_of_day"})
BOOKINGS = _source(bookings, PERSON | {"type", "currency"})
CALLS = _source(calls, PERSON | {"status"})
PAYOUTS = _source(payouts, frozenset({"status", "provider", "country", "currency", "weekday", "hour_of_day"}))
COMMISSIONS = _source(commissions, frozenset({"status", "currency", "weekday", "hour_of_day"}))
