"""Combinations of columns that events carry, numbered, so that a list holds one small code for many columns."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from data_access.schema import event_pages, event_visits, events
from data_access.warehouse import Transaction

MOST = 1_000_000  # combinations per tenant; more are not told apart (code 0), and questions about them read the events themselves
TABLES = (event_pages, event_visits)


def carried(table: sa.Table) -> list[str]:
    """The columns of `events` that a code stands for."""
    return [column.name for column in table.c if column.name not in ("tenant", "code")]


def learn(tx: Transaction, tenant: int, *window: sa.ColumnElement[bool]) -> None:
    """Number the combinations in a window of events that have no code yet."""
    for table in TABLES:
        names = carried(table)
        seen = sa.select(*(events.c[name] for name in names)).where(events.c.tenant == tenant, *window).distinct()
        known = sa.select(*(table.c[name] for name in names)).where(table.c.tenant == tenant)
        new = sa.except_(seen, known).subquery()
        fresh = sa.select(sa.func.count()).select_from(new).scalar_subquery()
        count, last, more = (int(x) for x in tx.read(sa.select(*_sizes(table, tenant), fresh)).iloc[0])
        if not more or count + more > MOST:
            continue
        number = last + sa.func.row_number().over(order_by=[new.c[name] for name in names])
        rows = sa.select(sa.literal(tenant, sa.Integer), number, *(new.c[name] for name in names))
        tx.execute(sa.insert(table).from_select(["tenant", "code", *names], rows))


def _sizes(table: sa.Table, tenant: int) -> list[sa.ScalarSelect[Any]]:
    mine = table.c.tenant == tenant
    count, last = sa.func.count(), sa.func.coalesce(sa.func.max(table.c.code), 0)
    return [sa.select(what).select_from(table).where(mine).scalar_subquery() for what in (count, last)]


def join(tx: Transaction, rows: sa.FromClause, table: sa.Table, tenant: int) -> sa.FromClause:
    """`rows` (of `events`) beside their combination."""
    same = [_same(tx, events.c[name], table.c[name]) for name in carried(table)]
    return rows.outerjoin(table, sa.and_(table.c.tenant == tenant, *same))


def _same(tx: Transaction, mine: sa.ColumnElement[Any], theirs: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    if tx.engine != "postgresql":
        return mine.is_not_distinct_from(theirs)
    # PostgreSQL joins by hash only on equality. No text begins both ways, so NULL and words stay apart.
    spelled = [sa.func.coalesce(sa.literal("=", sa.Text) + column, "-") for column in (mine, theirs)]
    return spelled[0] == spelled[1]
