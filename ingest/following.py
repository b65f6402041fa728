"""What a user's row says follows what they do: when they were last seen, and on which plan they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access.schema import accounts, sessions, subscriptions, users
from data_access.warehouse import Transaction
from ingest.columns import instants, numbers

SEEN = "users.seen"  # the version of sightings: they move with every batch, and nothing but lists of people depends on them
LIVE = ("trialing", "active", "past_due", "paused")
_TABLES = {"u": (users, users.c.user_key), "a": (accounts, accounts.c.account_key)}


def sightings(rows: pa.Table) -> pd.Series:
    """When each user of these events was last seen, microseconds, by key."""
    if "user_key" not in rows.column_names:
        return pd.Series(dtype=np.int64)
    keys, known = numbers(rows["user_key"])
    return pd.Series(instants(rows["ts"])[known]).groupby(keys[known]).max()


def see(tx: Transaction, tenant: int, seen: Iterable[pd.Series]) -> None:
    """Users were seen at these instants, if not later already."""
    parts = [part for part in seen if len(part)]
    if not parts:
        return
    last = pd.concat(parts).groupby(level=0).max()
    at = pa.array(last.to_numpy(np.int64)).cast(pa.timestamp("us"))
    _seen(tx, tenant, tx.stage("seen_users", pa.table({"user_key": pa.array(last.index.to_numpy(np.int64)), "at": at})))


def see_all(tx: Transaction, tenant: int) -> None:
    """Everybody, by the sessions there are."""
    last = sa.select(sessions.c.user_key, sa.func.max(sessions.c.ended_at).label("at"))
    _seen(tx, tenant, last.where(sessions.c.tenant == tenant, sessions.c.user_key.is_not(None)).group_by(sessions.c.user_key).subquery())


def _seen(tx: Transaction, tenant: int, last: sa.FromClause) -> None:
    u = users.c
    later = sa.or_(u.last_seen_at.is_(None), u.last_seen_at < last.c.at)
    tx.execute(sa.update(users).values(last_seen_at=last.c.at).where(u.tenant == tenant, u.user_key == last.c.user_key, later))


def plans(tx: Transaction, tenant: int, customers: Iterable[str], now: datetime) -> bool:
    """Give these customers the plan of their newest subscription that is not over, none where all are; whether any changed.

    A business hands it on to its users. A cancelled subscription is over at the end of what is paid, `now` being naive UTC.
    """
    changed = 0
    current = _current(tx, tenant, sorted(customers), now)
    for mark, (table, key) in _TABLES.items():
        mine = {int(customer[1:]): plan for customer, plan in current.items() if customer[:1] == mark}
        if not mine:
            continue
        columns = {"key": pa.array(list(mine), pa.int64()), "plan": pa.array(list(mine.values()), pa.string())}
        staged = tx.stage("current_plans", pa.table(columns))
        for one, column in {(table, key), *([(users, users.c.account_key)] if mark == "a" else [])}:
            fits = one.c.tenant == tenant, column == staged.c.key, one.c.plan.is_distinct_from(staged.c.plan)
            differing = sa.select(sa.func.count()).select_from(one.join(staged, column == staged.c.key)).where(*fits)
            changed += int(tx.read(differing).iat[0, 0])
            tx.execute(sa.update(one).values(plan=staged.c.plan).where(*fits))
    return changed > 0


def _current(tx: Transaction, tenant: int, customers: list[str], now: datetime) -> dict[str, str | None]:
    s = subscriptions.c
    staged = tx.stage("planned_customers", pa.table({"customer": pa.array(customers, pa.string())}))
    mine = s.tenant == tenant, s.customer.in_(sa.select(staged.c.customer))
    rows = tx.read(sa.select(s.customer, s.subscription_id, s.ts, s.status, s.plan, s.ends_at).where(*mine).order_by(s.ts, s.id))
    last = rows.drop_duplicates("subscription_id", keep="last")
    running = last["status"].isin(LIVE) | (last["status"].eq("cancelled") & (last["ends_at"] > pd.Timestamp(now)))
    known = last[running & last["plan"].notna()].drop_duplicates("customer", keep="last").set_index("customer")["plan"]
    return {customer: known.get(customer) for customer in rows["customer"].unique()}
