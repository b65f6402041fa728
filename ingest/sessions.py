"""Which session an event belongs to, decided when it is written.

A session is a run of one user's events without a gap longer than the writer's (30 minutes unless told). Its key
says when it began and whose it is, so that no counter is needed and events written together lie together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access.schema import FACTS, events, sessions, users
from data_access.warehouse import Transaction
from ingest.columns import Flags, Whole

DEFAULT_GAP = timedelta(minutes=30)
SHORTEST_GAP = timedelta(minutes=1)  # so that two sessions of one user never begin in the same minute
USER_BITS = 27
MINUTE = 60_000_000  # microseconds
FURTHEST = 2**26  # minutes: keys stay within 53 bits, exact even as a float, whatever a sender's clock says
# A session may have begun this long before its last event and still be found.
LONGEST = timedelta(days=31)


@dataclass(frozen=True)
class Runs:
    """Each event's session `key`, whether it `opens` it, and when the session `began`; what older sessions became."""

    key: Whole
    opens: Flags
    began: Whole
    moved: dict[int, int] = field(default_factory=dict)  # old session key -> the one it was joined to
    days: frozenset[date] = frozenset()  # of the older sessions that were joined or extended


def session_key(user: Whole, began: Whole) -> Whole:
    """The key of the session a user began at some microsecond since 1970."""
    return np.clip(began // MINUTE, -FURTHEST, FURTHEST - 1) << USER_BITS | user


def runs(user: Whole, start: Whole, end: Whole, known: Whole, *, gap: int) -> tuple[Whole, Whole]:
    """(session key, start of the session) of intervals of activity, joined where no more than `gap` lies between.

    `known`: the session key an interval already has, or 0. A run keeps the earliest key known in it. Microseconds.
    """
    order = np.lexsort((end, start, user))
    user, start, end, known = user[order], start[order], end[order], known[order]
    reach = pd.Series(end).groupby(user, sort=False).cummax().to_numpy()
    begins = np.ones(len(user), dtype=bool)
    begins[1:] = (user[1:] != user[:-1]) | (start[1:] - reach[:-1] > gap)
    first, run = np.flatnonzero(begins), np.cumsum(begins) - 1
    keys = np.minimum.reduceat(np.where(known == 0, np.iinfo(np.int64).max, known), first) if len(first) else known
    keys = np.where(keys == np.iinfo(np.int64).max, session_key(user[first], start[first]), keys)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return keys[run][back], start[first][run][back]


def assign(tx: Transaction, tenant: int, user: Whole, ts: Whole, *, gap: timedelta) -> Runs:
    """Sessions for events that are about to be written, joined to those that are there."""
    stored = _nearby(tx, tenant, user, (int(ts.min()), int(ts.max())), gap=gap)
    old = {name: stored[name].to_numpy().astype(np.int64) for name in ("user_key", "session_key", "ts", "ended_at")}
    count = len(ts)
    keys, began = runs(
        np.append(user, old["user_key"]),
        np.append(ts, old["ts"]),
        np.append(ts, old["ended_at"]),
        np.append(np.zeros(count, np.int64), old["session_key"]),
        gap=int(gap / timedelta(microseconds=1)),
    )
    before, after = old["session_key"], keys[count:]
    moved = {int(a): int(b) for a, b in zip(before, after, strict=True) if a != b}
    extended = np.isin(after, keys[:count])
    days = frozenset(day.date() for day in stored["day"][extended])
    return Runs(keys[:count], _opens(keys[:count], ts, before), began[:count], moved, days)


def _opens(key: Whole, ts: Whole, before: Whole) -> Flags:
    """The first event of each session that was not there before."""
    order = np.lexsort((ts, key))
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[order][1:] != key[order][:-1]
    opens = np.zeros(len(key), dtype=bool)
    opens[order] = first
    return opens & ~np.isin(key, before)


def _nearby(tx: Transaction, tenant: int, user: Whole, span: tuple[int, int], *, gap: timedelta) -> pd.DataFrame:
    """The stored sessions of these users that an event of the batch may touch."""
    low, high = (_instant(edge) for edge in span)
    staged = tx.stage("session_users", pa.table({"user_key": pa.array(np.unique(user))}))
    c = sessions.c
    near = c.ts.between(_shifted(low, -(LONGEST + gap)), _shifted(high, gap)), c.ended_at >= _shifted(low, -gap)
    mine = sa.select(c.user_key, c.session_key, c.ts, c.ended_at, c.day).where(c.tenant == tenant, *near)
    return tx.read(mine.where(c.user_key.in_(sa.select(staged.c.user_key))))


def _instant(microseconds: int) -> pd.Timestamp:
    return pd.Timestamp(np.datetime64(microseconds, "us"))


def _shifted(instant: pd.Timestamp, by: timedelta) -> object:
    try:
        return (instant.to_pydatetime() + by).replace(tzinfo=None)
    except OverflowError:
        return instant.to_pydatetime()


def join_moved(tx: Transaction, tenant: int, moved: dict[int, int]) -> None:
    """Rows of sessions that turned out to be one session get its key; rare, as only a late event joins two."""
    if not moved:
        return
    columns = {"old": pa.array(list(moved)), "new": pa.array(list(moved.values()))}
    staged = tx.stage("moved_sessions", pa.table(columns))
    for table in FACTS.values():
        if "session_key" in table.c and table is not sessions:
            same = sa.and_(table.c.tenant == tenant, table.c.session_key == staged.c.old)
            tx.execute(sa.update(table).values(session_key=staged.c.new).where(same))


def fill(tx: Transaction, tenant: int, gap: timedelta) -> set[date]:
    """Sessions for the tenant's events that were loaded without one; the days of the rows that changed.

    Every event of the users concerned is read, and those written before keep their sessions.
    """
    e = events.c
    waiting = sa.select(e.user_key).where(e.tenant == tenant, e.session_key.is_(None), e.user_key.is_not(None))
    found = tx.arrow(sa.select(e.id, e.user_key, e.ts, e.session_key, e.day).where(e.tenant == tenant, e.user_key.in_(waiting)))
    if not found.num_rows:
        return set()
    user, ts = found["user_key"].to_numpy(), found["ts"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    known = found["session_key"].fill_null(0).to_numpy()
    keys, began = runs(user, ts, ts, known, gap=int(gap / timedelta(microseconds=1)))
    flags = {"opens": _opens(keys, ts, known[known != 0]), "new_user": began <= _created(tx, tenant, user)}
    update = pa.table({"id": found["id"], "key": keys, **flags}).filter(pa.array(keys != known))
    _write(tx, tenant, update)
    return set(found["day"].filter(pa.array(keys != known)).unique().to_pylist())


def _created(tx: Transaction, tenant: int, user: Whole) -> Whole:
    """When each row's user was created, microseconds; long before anything where that is not known."""
    known = tx.arrow(sa.select(users.c.user_key, users.c.created_at).where(users.c.tenant == tenant, users.c.created_at.is_not(None)))
    at = pd.Series(known.column(1).cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(), index=known.column(0).to_numpy())
    created: Whole = at.reindex(user, fill_value=np.iinfo(np.int64).min).to_numpy()
    return created


def _write(tx: Transaction, tenant: int, update: pa.Table) -> None:
    staged = tx.stage("filled_sessions", update)
    same = sa.and_(events.c.tenant == tenant, events.c.id == sa.cast(staged.c.id, sa.Uuid))
    values = {"session_key": staged.c.key, "is_new_session": sa.func.coalesce(events.c.is_new_session, staged.c.opens)}
    values["is_new_user"] = sa.func.coalesce(events.c.is_new_user, staged.c.new_user)
    tx.execute(sa.update(events).values(values).where(same))
