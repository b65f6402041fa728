"""Sums of money in the reporting currency, and the currencies that stand in their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from analytics.metric import Expression
from data_access.functions import distinct_list

Where = Callable[[sa.FromClause], sa.ColumnElement[bool]]


def base_sum(amount: str, where: Where | None = None) -> Expression:
    """The sum of `<amount>_base_minor`, over the rows that `where` chooses. Pair it with `lacking_rate`."""

    def expression(rows: sa.FromClause) -> sa.ColumnElement[Any]:
        value = rows.c[f"{amount}_base_minor"]
        return sa.func.sum(value if where is None else sa.case((where(rows), value)))

    return expression


def lacking_rate(amount: str, where: Where | None = None) -> Expression:
    """For `Metric.unrated`: the currencies of rows that have an amount and no rate, as "XOF,XPF"; NULL when all have one."""

    def expression(rows: sa.FromClause) -> sa.ColumnElement[Any]:
        unrated = sa.and_(rows.c[f"{amount}_minor"].is_not(None), rows.c[f"{amount}_base_minor"].is_(None))
        chosen = unrated if where is None else sa.and_(where(rows), unrated)
        return distinct_list(sa.case((chosen, sa.func.coalesce(rows.c.currency, "?"))))

    return expression
